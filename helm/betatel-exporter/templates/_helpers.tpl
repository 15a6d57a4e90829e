{{- define "betatel-exporter.name" -}}
{{- default .Chart.Name .Values.nameOverride }}
{{- end }}

{{- /* A valid Service name: a DNS label that starts with a letter, which a release name need not be. */}}
{{- define "betatel-exporter.fullname" -}}
{{- $name := include "betatel-exporter.name" . }}
{{- $release := .Release.Name | replace "." "-" }}
{{- $full := default (contains $name $release | ternary $release (printf "%s-%s" $release $name)) .Values.fullnameOverride }}
{{- if not (regexMatch "^[a-z]" $full) }}
{{- $full = printf "%s-%s" $name $release }}
{{- end }}
{{- $full | trunc 63 | trimAll "-" }}
{{- end }}

{{- define "betatel-exporter.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride }}
{{- end }}

{{- define "betatel-exporter.selectorLabels" -}}
app.kubernetes.io/name: {{ include "betatel-exporter.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "betatel-exporter.testLabels" -}}
app.kubernetes.io/name: {{ include "betatel-exporter.name" . | trunc 58 | trimAll "-" | printf "%s-test" | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- /* Labels of an object from dict root, selectors, labels. Where a key repeats, selectors win, then labels, then commonLabels. */}}
{{- define "betatel-exporter.labels" -}}
{{- $root := .root }}
{{- $described := dict
      "helm.sh/chart" (printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63 | trimAll "-._")
      "app.kubernetes.io/version" ($root.Chart.AppVersion | replace "+" "_" | trunc 63 | trimAll "-._")
      "app.kubernetes.io/managed-by" $root.Release.Service
      "app.kubernetes.io/part-of" $root.Chart.Name }}
{{- $selectors := default (include "betatel-exporter.selectorLabels" $root) .selectors | fromYaml }}
{{- toYaml (merge $selectors (deepCopy (default dict .labels)) (deepCopy (default dict $root.Values.commonLabels)) $described) }}
{{- end }}

{{- /* Metadata of an object from dict root, name, selectors, and section: values with namespace, labels, annotations. */}}
{{- define "betatel-exporter.metadata" -}}
{{- $section := default dict .section -}}
name: {{ default (include "betatel-exporter.fullname" .root) .name | quote }}
namespace: {{ default (include "betatel-exporter.namespace" .root) $section.namespace | quote }}
labels:
  {{- include "betatel-exporter.labels" (dict "root" .root "selectors" .selectors "labels" $section.labels) | nindent 2 }}
{{- with merge (deepCopy (default dict $section.annotations)) (default dict .root.Values.commonAnnotations) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "betatel-exporter.serviceAccountName" -}}
{{- default (ternary (include "betatel-exporter.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name }}
{{- end }}

{{- define "betatel-exporter.image" -}}
{{- with default .Values.image.registry .Values.global.imageRegistry | trimSuffix "/" }}{{ . }}/{{ end }}{{ .Values.image.repository }}
{{- if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ default .Chart.AppVersion .Values.image.tag }}{{ end }}
{{- end }}

{{- define "betatel-exporter.imagePullSecrets" -}}
{{- $secrets := list }}
{{- range concat (default list .Values.imagePullSecrets) (default list .Values.global.imagePullSecrets) }}
{{- $secrets = append $secrets (kindIs "string" . | ternary (dict "name" .) .) }}
{{- end }}
{{- with $secrets | uniq }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "betatel-exporter.scheme" -}}
{{- if or .Values.webConfig.tls .Values.webConfig.certificateSecret }}https{{ else }}http{{ end }}
{{- end }}

{{- define "betatel-exporter.milliseconds" -}}
{{- $units := dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000 "d" 86400000 "w" 604800000 "y" 31536000000 }}
{{- $sum := 0 }}
{{- range regexFindAll "[0-9]+(ms|[smhdwy])" . -1 }}
{{- $sum = add $sum (mul (regexFind "[0-9]+" . | int64) (index $units (regexFind "[a-z]+" .) | int64)) }}
{{- end }}
{{- $sum }}
{{- end }}
