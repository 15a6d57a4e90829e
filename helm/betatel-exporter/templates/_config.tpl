{{- /* A setting as YAML of any version. --set turns fractions into strings. */}}
{{- define "betatel-exporter.setting" -}}
{{- if and (kindIs "string" .) (regexMatch "^[0-9]+[.][0-9]+$" .) }}{{ . }}{{ else }}{{ toJson . }}{{ end }}
{{- end }}

{{- /* The file for --config.file: the settings in snake_case. */}}
{{- define "betatel-exporter.config" -}}
accounts:
  {{- range $name, $account := .Values.accounts }}
  - name: {{ $name | quote }}
    account_id: {{ $account.accountId | quote }}
    api_key_file: {{ default (printf "/etc/betatel-exporter/keys/%s" $name) $account.apiKeyFile | quote }}
    {{- range $key, $value := omit $account "accountId" "apiKey" "apiKeyFile" "existingSecret" "scrapeInterval" "scrapeTimeout" }}
    {{ snakecase $key }}: {{ include "betatel-exporter.setting" $value }}
    {{- end }}
  {{- end }}
{{- range $key, $value := omit .Values.settings "web" "log" }}
{{ snakecase $key }}: {{ include "betatel-exporter.setting" $value }}
{{- end }}
{{- if or .Values.caCertificates.existingConfigMap .Values.caCertificates.existingSecret }}
ca_file: {{ printf "/etc/betatel-exporter/ca/%s" .Values.caCertificates.key | quote }}
{{- end }}
web:
  listen_address: ":10742"
  {{- if or .Values.webConfig.existingSecret .Values.webConfig.certificateSecret }}
  config_file: {{ printf "/etc/betatel-exporter/web/%s" .Values.webConfig.key | quote }}
  {{- end }}
  {{- range $key, $value := .Values.settings.web }}
  {{ snakecase $key }}: {{ include "betatel-exporter.setting" $value }}
  {{- end }}
log:
  {{- range $key, $value := .Values.settings.log }}
  {{ snakecase $key }}: {{ include "betatel-exporter.setting" $value }}
  {{- end }}
{{- end }}

{{- /* The chart's own volumes: name, source, and the mount path. Secrets are optional for Kubernetes, so that the pod starts
       and the exporter's log names the one that is missing. */}}
{{- define "betatel-exporter.volumes" -}}
{{- $fullname := include "betatel-exporter.fullname" . }}
- name: config
  path: /etc/betatel-exporter/config
  source:
    configMap:
      name: {{ $fullname | quote }}
      items: [{key: config.yml, path: config.yml}]
{{- $keys := dict }}
{{- range $name, $account := .Values.accounts }}
{{- if not $account.apiKeyFile }}{{ $_ := set $keys $name $account }}{{ end }}
{{- end }}
{{- with $keys }}
- name: keys
  path: /etc/betatel-exporter/keys
  source:
    projected:
      defaultMode: 0440
      sources:
        {{- range $name, $account := . }}
        - secret:
            name: {{ dig "existingSecret" "name" "" $account | default (printf "%s-keys" $fullname) | quote }}
            optional: true
            items:
              - key: {{ ternary $name (dig "existingSecret" "key" "api-key" $account) (not (empty $account.apiKey)) | quote }}
                path: {{ $name | quote }}
        {{- end }}
{{- end }}
{{- /* The web configuration file beside the files that it names. If two sources have the same file, the last wins. */}}
{{- with .Values.webConfig }}
{{- if or .certificateSecret .existingSecret }}
- name: web
  path: /etc/betatel-exporter/web
  source:
    projected:
      defaultMode: 0440
      sources:
        {{- range compact (list .certificateSecret .existingSecret) }}
        - secret: {name: {{ . | quote }}, optional: true}
        {{- end }}
        {{- if not .existingSecret }}
        - configMap:
            name: {{ $fullname | quote }}
            items: [{key: web-config.yml, path: {{ .key | quote }}}]
        {{- end }}
{{- end }}
{{- end }}
{{- with .Values.caCertificates.existingConfigMap }}
- name: ca
  path: /etc/betatel-exporter/ca
  source:
    configMap: {name: {{ . | quote }}, optional: true}
{{- end }}
{{- with .Values.caCertificates.existingSecret }}
- name: ca
  path: /etc/betatel-exporter/ca
  source:
    secret: {secretName: {{ . | quote }}, defaultMode: 0440, optional: true}
{{- end }}
{{- end }}
