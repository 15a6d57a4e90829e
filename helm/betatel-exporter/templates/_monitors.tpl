{{- /* metadata of an object that has a section of its own in the values */}}
{{- define "betatel-exporter.sectionMetadata" -}}
{{- include "betatel-exporter.metadata" (dict "root" .root "name" .name "namespace" .section.namespace "labels" .section.labels "annotations" .section.annotations) }}
{{- end }}

{{- define "betatel-exporter.metricsPath" -}}
{{- default .root.Values.settings.web.telemetryPath .section.path }}
{{- end }}

{{- /* what follows selectors in the spec of a ServiceMonitor or a PodMonitor */}}
{{- define "betatel-exporter.monitorSpec" -}}
jobLabel: {{ .section.jobLabel | quote }}
namespaceSelector:
  matchNames: [{{ include "betatel-exporter.namespace" .root | quote }}]
selector:
  matchLabels:
    {{- include "betatel-exporter.selectorLabels" .root | nindent 4 }}
{{- include "betatel-exporter.limits" . }}
{{- end }}

{{- define "betatel-exporter.limits" -}}
{{- with .section.sampleLimit }}
sampleLimit: {{ . | int64 }}
{{- end }}
{{- with .section.scrapeClass }}
scrapeClass: {{ . | quote }}
{{- end }}
{{- end }}

{{- /* endpoints of a ServiceMonitor or a PodMonitor: one, or one for each account */}}
{{- define "betatel-exporter.endpoints" -}}
{{- $section := .section }}
{{- $shared := dict "port" "http" "scheme" (include "betatel-exporter.scheme" .root) }}
{{- range $key := list "honorLabels" "proxyUrl" "metricRelabelings" "tlsConfig" "basicAuth" "params" "relabelings" }}
{{- with index $section $key }}{{ $_ := set $shared $key . }}{{ end }}
{{- end }}
{{- $endpoints := list }}
{{- if $section.perAccount }}
{{- range $name, $account := .root.Values.accounts }}
{{- /* targets of one address must differ in a label, or their series "up" collide */}}
{{- $instance := dict "sourceLabels" (list "__address__") "targetLabel" "instance" "replacement" (printf "${1}/%s" $name) }}
{{- $own := dict
      "path" "/probe"
      "params" (merge (dict "account" (list $name)) (default dict $section.params))
      "interval" (default $section.interval $account.scrapeInterval)
      "scrapeTimeout" (default $section.scrapeTimeout $account.scrapeTimeout)
      "relabelings" (prepend (default list $section.relabelings) $instance) }}
{{- $endpoints = append $endpoints (merge $own $shared) }}
{{- end }}
{{- else }}
{{- $own := dict "path" (include "betatel-exporter.metricsPath" .) "interval" $section.interval "scrapeTimeout" $section.scrapeTimeout }}
{{- $endpoints = append $endpoints (merge $own $shared) }}
{{- end }}
{{- toYaml (concat $endpoints (default list $section.extraEndpoints)) }}
{{- end }}
