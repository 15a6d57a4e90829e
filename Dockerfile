# One stage installs from the hashed locks, the other receives the result: no pip, compiler or cache in what runs.
FROM python:3.13-slim AS build

# For those who install through an index of their own; without it pip uses its default.
ARG PIP_INDEX_URL
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
# This stage never runs, which the linter cannot know.
HEALTHCHECK NONE

COPY requirements/build.lock requirements/run.lock requirements/
RUN python -m venv /opt/build \
 && /opt/build/bin/pip install --require-hashes --only-binary=:all: --requirement requirements/build.lock \
 && python -m venv --without-pip /opt/betatel-exporter \
 && /opt/build/bin/pip --python /opt/betatel-exporter install --no-compile --require-hashes --only-binary=:all: \
      --requirement requirements/run.lock

COPY pyproject.toml README.md LICENSE ./
COPY exporter exporter
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /opt/dist . \
 && /opt/build/bin/pip --python /opt/betatel-exporter install --no-compile --no-deps --no-index /opt/dist/*.whl \
 && /opt/betatel-exporter/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/betatel-exporter/lib


FROM python:3.13-slim

# The base image has its standard library without bytecode, and a read-only container could never write any:
# every start would compile it again.
RUN rm -rf /usr/local/bin/pip* /usr/local/lib/python3.*/site-packages/pip* /usr/local/lib/python3.*/ensurepip \
 && python -m compileall -q --invalidation-mode unchecked-hash -x 'idlelib|turtledemo' \
      "$(python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"

COPY --from=build /opt/betatel-exporter /opt/betatel-exporter

ARG VERSION=0.1.0
ARG REVISION=""
LABEL org.opencontainers.image.title="betatel-exporter" \
      org.opencontainers.image.description="Prometheus exporter for Telegram one-time codes sent through Betatel Connect Hub" \
      org.opencontainers.image.source="https://github.com/betatel-exporter/betatel-exporter" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

ENV BETATEL_REVISION=${REVISION} \
    PATH=/opt/betatel-exporter/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

# Numeric, or Kubernetes cannot tell that it is not root.
USER 65532:65532
EXPOSE 10742
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s CMD ["betatel-exporter", "healthcheck"]
ENTRYPOINT ["betatel-exporter"]
