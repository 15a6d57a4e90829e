{{- define "betatel-exporter.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "betatel-exporter.fullname" -}}
{{- $name := include "betatel-exporter.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "betatel-exporter.selectorLabels" -}}
app.kubernetes.io/name: {{ include "betatel-exporter.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- /* what a set of labels gets besides: the chart's own win over commonLabels, unless they only describe */}}
{{- define "betatel-exporter.withCommonLabels" -}}
{{- $root := index . 1 }}
{{- $described := dict
      "helm.sh/chart" (printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-")
      "app.kubernetes.io/version" $root.Chart.AppVersion
      "app.kubernetes.io/managed-by" $root.Release.Service
      "app.kubernetes.io/part-of" $root.Chart.Name }}
{{- toYaml (merge (index . 0 | fromYaml) (deepCopy $root.Values.commonLabels) $described) }}
{{- end }}

{{- define "betatel-exporter.labels" -}}
{{- include "betatel-exporter.withCommonLabels" (list (include "betatel-exporter.selectorLabels" .) .) }}
{{- end }}

{{- define "betatel-exporter.testLabels" -}}
app.kubernetes.io/name: {{ include "betatel-exporter.name" . | trunc 58 | trimSuffix "-" }}-test
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "betatel-exporter.serviceAccountName" -}}
{{- default (ternary (include "betatel-exporter.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name }}
{{- end }}

{{- define "betatel-exporter.image" -}}
{{- with .Values.image -}}
{{- if .registry }}{{ .registry }}/{{ end }}{{ .repository }}
{{- if .digest }}@{{ .digest }}{{ else }}:{{ default $.Chart.AppVersion .tag }}{{ end }}
{{- end }}
{{- end }}

{{- define "betatel-exporter.scheme" -}}
{{ ternary "https" "http" .Values.webConfig.tls }}
{{- end }}

{{- /* metadata of an operator's object: what the chart labels, what the section adds */}}
{{- define "betatel-exporter.sectionMetadata" -}}
{{- $section := index . 0 }}
{{- $root := index . 1 -}}
name: {{ include "betatel-exporter.fullname" $root }}
namespace: {{ default $root.Release.Namespace $section.namespace }}
labels:
  {{- merge (deepCopy $section.labels) (include "betatel-exporter.labels" $root | fromYaml) | toYaml | nindent 2 }}
{{- with $section.annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* the part of an endpoint that ServiceMonitor and PodMonitor share */}}
{{- define "betatel-exporter.endpoint" -}}
{{- $section := index . 0 }}
{{- $root := index . 1 -}}
port: http
path: {{ $root.Values.settings.web.telemetryPath }}
scheme: {{ include "betatel-exporter.scheme" $root }}
interval: {{ $section.interval }}
scrapeTimeout: {{ $section.scrapeTimeout }}
{{- with pick $section "relabelings" "metricRelabelings" "tlsConfig" "basicAuth" }}
{{- range $key, $value := . }}
{{- if $value }}
{{ $key }}:
  {{- toYaml $value | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- /* a probe asks the exporter itself, unless the values say how */}}
{{- define "betatel-exporter.probe" -}}
{{- $probe := index . 0 }}
{{- $path := index . 1 }}
{{- $root := index . 2 }}
{{- if or $probe.exec $probe.tcpSocket }}
{{- toYaml $probe }}
{{- else }}
{{- $scheme := include "betatel-exporter.scheme" $root | upper }}
{{- toYaml (merge (dict "httpGet" (dict "path" $path "port" "http" "scheme" $scheme)) $probe) }}
{{- end }}
{{- end }}

{{- define "betatel-exporter.milliseconds" -}}
{{- $units := dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000 "d" 86400000 "w" 604800000 "y" 31536000000 }}
{{- $sum := 0 }}
{{- range regexFindAll "[0-9]+(ms|[smhdwy])" . -1 }}
{{- $sum = add $sum (mul (regexFind "[0-9]+" . | int64) (index $units (regexFind "[a-z]+" .) | int64)) }}
{{- end }}
{{- $sum }}
{{- end }}
