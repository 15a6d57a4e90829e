# Two builds of one commit give the same bytes: the base is pinned, the packages are locked, bytecode holds no time. The
# builder sets the files' times (SOURCE_DATE_EPOCH) and adds the labels that packaging/labels prints.
FROM python:3.13-slim@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b AS base


# Installs from the locks; only the result is copied, so no pip, compiler or cache is in the image.
FROM base AS build

# For a package index of your own; unset, pip uses its default.
ARG PIP_INDEX_URL
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
# This stage never runs; the linter cannot know.
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
 && /opt/betatel-exporter/bin/python -m compileall -qf --invalidation-mode unchecked-hash /opt/betatel-exporter/lib


FROM base

# The base has its standard library without bytecode, and a read-only container cannot write any: every start would
# compile it again.
RUN rm -rf /usr/local/bin/pip* /usr/local/lib/python3.*/site-packages/pip* /usr/local/lib/python3.*/ensurepip \
 && python -m compileall -qf --invalidation-mode unchecked-hash -x 'idlelib|turtledemo' \
      "$(python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"

COPY --from=build /opt/betatel-exporter /opt/betatel-exporter

LABEL org.opencontainers.image.title="betatel-exporter" \
      org.opencontainers.image.description="Prometheus exporter for Telegram one-time codes sent through Betatel Connect Hub" \
      org.opencontainers.image.licenses="Apache-2.0"

ARG REVISION=""
ENV BETATEL_REVISION=${REVISION} \
    PATH=/opt/betatel-exporter/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

# Numeric, or Kubernetes cannot verify that it is not root.
USER 65532:65532
EXPOSE 10742
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s CMD ["betatel-exporter", "healthcheck"]
ENTRYPOINT ["betatel-exporter"]
