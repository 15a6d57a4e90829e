{{- /* a value of the settings as YAML that reads the same in every YAML version; --set makes text of fractions */}}
{{- define "betatel-exporter.setting" -}}
{{- if and (kindIs "string" .) (regexMatch "^[0-9]+[.][0-9]+$" .) }}{{ . }}{{ else }}{{ toJson . }}{{ end }}
{{- end }}

{{- define "betatel-exporter.keyFile" -}}
{{- default (printf "/etc/betatel-exporter/keys/%s" .name) .account.apiKeyFile }}
{{- end }}

{{- /* the file for --config.file: settings have the exporter's own names, but for the case */}}
{{- define "betatel-exporter.config" -}}
accounts:
  {{- range $name, $account := .Values.accounts }}
  - name: {{ $name | quote }}
    account_id: {{ $account.accountId | quote }}
    api_key_file: {{ include "betatel-exporter.keyFile" (dict "name" $name "account" $account) | quote }}
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

{{- /* API keys: from Secrets that exist, and from the one this chart makes of keys in the values. All are optional for
       Kubernetes, so that the pod starts and the exporter's log names the one that is missing. */}}
{{- define "betatel-exporter.keySources" -}}
{{- range $name, $account := .Values.accounts }}
{{- if not $account.apiKeyFile }}
- secret:
    name: {{ dig "existingSecret" "name" "" $account | default (printf "%s-keys" (include "betatel-exporter.fullname" $)) | quote }}
    optional: true
    items:
      - key: {{ ternary $name (dig "existingSecret" "key" "api-key" $account) (not (empty $account.apiKey)) | quote }}
        path: {{ $name | quote }}
{{- end }}
{{- end }}
{{- end }}

{{- /* the web configuration file with what it names, side by side in one volume; where both have a file, the last wins */}}
{{- define "betatel-exporter.webSources" -}}
{{- with .Values.webConfig.certificateSecret }}
- secret:
    name: {{ . | quote }}
    optional: true
{{- end }}
{{- if .Values.webConfig.existingSecret }}
- secret:
    name: {{ .Values.webConfig.existingSecret | quote }}
    optional: true
{{- else if .Values.webConfig.certificateSecret }}
- configMap:
    name: {{ include "betatel-exporter.fullname" . | quote }}
    items:
      - key: "web-config.yml"
        path: {{ .Values.webConfig.key | quote }}
{{- end }}
{{- end }}
