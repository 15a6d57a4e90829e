{{- /* the file for --config.file, in the exporter's own words */}}
{{- define "betatel-exporter.config" -}}
{{- $accounts := list }}
{{- range $name, $account := .Values.accounts }}
{{- $entry := dict "name" $name "account_id" $account.accountId "api_key_file" (printf "/etc/betatel-exporter/keys/%s" $name) }}
{{- $budget := dict }}
{{- range $currency, $amount := $account.dailyBudget }}{{ $_ := set $budget $currency ($amount | float64) }}{{ end }}
{{- with $budget }}{{ $_ := set $entry "daily_budget" . }}{{ end }}
{{- range $key, $option := dict "windows" "windows" "timezone" "timezone" "base_url" "baseUrl" }}
{{- with index $account $option }}{{ $_ := set $entry $key . }}{{ end }}
{{- end }}
{{- $accounts = append $accounts $entry }}
{{- end }}
{{- with .Values.settings }}
{{- $config := dict
      "accounts" $accounts
      "base_url" .baseUrl
      "windows" .windows
      "timezone" .timezone
      "timeout" (.timeout | float64)
      "timeout_offset" (.timeoutOffset | float64)
      "max_concurrency" .maxConcurrency
      "max_concurrency_total" .maxConcurrencyTotal
      "cache_ttl" (.cacheTtl | float64)
      "allow_http" .allowHttp
      "log" .log }}
{{- $web := dict "listen_address" ":10742" "telemetry_path" .web.telemetryPath "max_requests" .web.maxRequests }}
{{- if $.Values.webConfig.existingSecret }}
{{- $_ := set $web "config_file" (printf "/etc/betatel-exporter/web/%s" $.Values.webConfig.key) }}
{{- end }}
{{- $_ := set $config "web" $web }}
{{- if or $.Values.caCertificates.existingConfigMap $.Values.caCertificates.existingSecret }}
{{- $_ := set $config "ca_file" (printf "/etc/betatel-exporter/ca/%s" $.Values.caCertificates.key) }}
{{- end }}
{{- toYaml $config }}
{{- end }}
{{- end }}

{{- /* API keys: from Secrets that exist, and from the one this chart makes for keys in the values. All are optional for
       Kubernetes: the pod then starts, and the exporter's log tells which one is missing. */}}
{{- define "betatel-exporter.keySources" -}}
{{- range $name, $account := .Values.accounts }}
- secret:
    name: {{ dig "existingSecret" "name" "" $account | default (printf "%s-keys" (include "betatel-exporter.fullname" $)) }}
    optional: true
    items:
      - key: {{ ternary $name (dig "existingSecret" "key" "api-key" $account) (not (empty $account.apiKey)) }}
        path: {{ $name }}
{{- end }}
{{- end }}
