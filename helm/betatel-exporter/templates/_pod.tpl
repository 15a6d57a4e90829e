{{- /* the chart's own volumes and where they are mounted: name, path, and the volume's source */}}
{{- define "betatel-exporter.volumes" -}}
- name: config
  path: /etc/betatel-exporter/config
  source:
    configMap:
      name: {{ include "betatel-exporter.fullname" . | quote }}
      items:
        - key: "config.yml"
          path: "config.yml"
{{- with include "betatel-exporter.keySources" . | fromYamlArray }}
- name: keys
  path: /etc/betatel-exporter/keys
  source:
    projected:
      defaultMode: 0440
      sources:
        {{- toYaml . | nindent 8 }}
{{- end }}
{{- with include "betatel-exporter.webSources" . | fromYamlArray }}
- name: web
  path: /etc/betatel-exporter/web
  source:
    projected:
      defaultMode: 0440
      sources:
        {{- toYaml . | nindent 8 }}
{{- end }}
{{- with .Values.caCertificates.existingConfigMap }}
- name: ca
  path: /etc/betatel-exporter/ca
  source:
    configMap:
      name: {{ . | quote }}
      optional: true
{{- end }}
{{- with .Values.caCertificates.existingSecret }}
- name: ca
  path: /etc/betatel-exporter/ca
  source:
    secret:
      secretName: {{ . | quote }}
      defaultMode: 0440
      optional: true
{{- end }}
{{- end }}

{{- define "betatel-exporter.strategy" -}}
{{- if eq .Values.strategy.type "Recreate" }}
{{- toYaml (dict "type" "Recreate") }}
{{- else }}
{{- toYaml .Values.strategy }}
{{- end }}
{{- end }}

{{- define "betatel-exporter.dnsPolicy" -}}
{{- default (ternary "ClusterFirstWithHostNet" "ClusterFirst" .Values.hostNetwork) .Values.dnsPolicy }}
{{- end }}

{{- define "betatel-exporter.podSpec" -}}
serviceAccountName: {{ include "betatel-exporter.serviceAccountName" . | quote }}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds | int64 }}
{{- if .Values.hostNetwork }}
hostNetwork: true
{{- end }}
dnsPolicy: {{ include "betatel-exporter.dnsPolicy" . | quote }}
{{- include "betatel-exporter.imagePullSecrets" . }}
{{- range $key := list "priorityClassName" "runtimeClassName" "nodeSelector" "tolerations" "affinity" "hostAliases" "dnsConfig" "initContainers" }}
{{- with index $.Values $key }}
{{ $key }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- with .Values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- range . }}
  - {{- merge (deepCopy .) (dict "labelSelector" (dict "matchLabels" (include "betatel-exporter.selectorLabels" $ | fromYaml))) | toYaml | nindent 4 }}
  {{- end }}
{{- end }}
securityContext:
  {{- toYaml .Values.podSecurityContext | nindent 2 }}
containers:
  - name: betatel-exporter
    image: {{ include "betatel-exporter.image" . | quote }}
    imagePullPolicy: {{ .Values.image.pullPolicy | quote }}
    {{- with .Values.extraArgs }}
    args:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    env:
      {{- /* a variable and no flag, so that "kubectl exec … betatel-exporter check" has the same settings */}}
      - name: BETATEL_CONFIG_FILE
        value: /etc/betatel-exporter/config/config.yml
      {{- with .Values.extraEnv }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    {{- with .Values.extraEnvFrom }}
    envFrom:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    ports:
      - name: http
        containerPort: 10742
        protocol: TCP
    {{- with .Values.livenessProbe }}
    livenessProbe:
      {{- include "betatel-exporter.probe" (dict "root" $ "probe" . "path" "/-/healthy") | nindent 6 }}
    {{- end }}
    {{- with .Values.readinessProbe }}
    readinessProbe:
      {{- include "betatel-exporter.probe" (dict "root" $ "probe" . "path" "/-/ready") | nindent 6 }}
    {{- end }}
    {{- with .Values.lifecycle }}
    lifecycle:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    securityContext:
      {{- toYaml .Values.securityContext | nindent 6 }}
    resources:
      {{- toYaml .Values.resources | nindent 6 }}
    {{- $volumes := include "betatel-exporter.volumes" . | fromYamlArray }}
    volumeMounts:
      {{- range $volumes }}
      - name: {{ .name }}
        mountPath: {{ .path }}
        readOnly: true
      {{- end }}
      {{- with .Values.extraVolumeMounts }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
  {{- with .Values.extraContainers }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
volumes:
  {{- range $volumes }}
  - {{- merge (dict "name" .name) .source | toYaml | nindent 4 }}
  {{- end }}
  {{- with .Values.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
