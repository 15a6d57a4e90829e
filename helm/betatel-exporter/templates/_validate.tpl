{{- /* What the schema cannot say: every fault of the values on a line of its own. */}}
{{- define "betatel-exporter.validate" -}}
{{- $faults := concat
      (include "betatel-exporter.accountFaults" . | fromYamlArray)
      (include "betatel-exporter.addressFaults" . | fromYamlArray)
      (include "betatel-exporter.monitorFaults" . | fromYamlArray)
      (include "betatel-exporter.alertFaults" . | fromYamlArray)
      (include "betatel-exporter.choiceFaults" . | fromYamlArray) }}
{{- with $faults }}
{{- fail (printf "\n\nthe values cannot be used:\n- %s\n" (join "\n- " .)) }}
{{- end }}
{{- end }}

{{- define "betatel-exporter.accountFaults" -}}
{{- $faults := list }}
{{- if not .Values.accounts }}
{{- $faults = append $faults "accounts: at least one is needed, such as --set-string accounts.default.accountId=ID --set accounts.default.existingSecret.name=SECRET" }}
{{- end }}
{{- range $name, $account := .Values.accounts }}
{{- $secret := dig "existingSecret" "name" "" $account }}
{{- if and $account.apiKey $secret }}
{{- $faults = append $faults (printf "accounts.%s: apiKey and existingSecret.name are both set; exactly one of them is allowed" $name) }}
{{- else if not (or $account.apiKey $secret) }}
{{- $faults = append $faults (printf "accounts.%s: neither apiKey nor existingSecret.name is set; exactly one of them is needed" $name) }}
{{- end }}
{{- end }}
{{- toYaml $faults }}
{{- end }}

{{- define "betatel-exporter.addressFaults" -}}
{{- $faults := list }}
{{- $addresses := dict "settings.baseUrl" .Values.settings.baseUrl }}
{{- range $name, $account := .Values.accounts }}
{{- with $account.baseUrl }}{{ $_ := set $addresses (printf "accounts.%s.baseUrl" $name) . }}{{ end }}
{{- end }}
{{- range $setting, $url := $addresses }}
{{- $open := and (hasPrefix "http://" $url) (not (regexMatch "^http://(localhost|127[.][0-9.]+|\\[::1\\])(:[0-9]+)?(/|$)" $url)) }}
{{- if and $open (not $.Values.settings.allowHttp) }}
{{- $faults = append $faults (printf "%s: http:// would send the API key unencrypted; use https://, or permit it by settings.allowHttp" $setting) }}
{{- end }}
{{- end }}
{{- toYaml $faults }}
{{- end }}

{{- define "betatel-exporter.monitorFaults" -}}
{{- $faults := list }}
{{- $enabled := list }}
{{- range $kind := list "serviceMonitor" "podMonitor" "scrapeConfig" }}
{{- $section := index $.Values $kind }}
{{- if $section.enabled }}
{{- $enabled = append $enabled $kind }}
{{- if gt (include "betatel-exporter.milliseconds" $section.scrapeTimeout | int64) (include "betatel-exporter.milliseconds" $section.interval | int64) }}
{{- $faults = append $faults (printf "%s.scrapeTimeout: %s is above %s.interval, %s" $kind $section.scrapeTimeout $kind $section.interval) }}
{{- end }}
{{- end }}
{{- end }}
{{- if gt (len $enabled) 1 }}
{{- $faults = append $faults (printf "%s: only one kind of monitor may be enabled, or every value is collected more than once" (join ", " $enabled)) }}
{{- end }}
{{- toYaml $faults }}
{{- end }}

{{- define "betatel-exporter.alertFaults" -}}
{{- $faults := list }}
{{- $known := list }}
{{- range (include "betatel-exporter.shippedRules" . | fromYaml).groups }}
{{- range .rules }}{{ with .alert }}{{ $known = append $known . }}{{ end }}{{ end }}
{{- end }}
{{- $known = $known | uniq | sortAlpha }}
{{- range $setting, $names := dict "disabledAlerts" .Values.prometheusRule.disabledAlerts "overrides" (keys .Values.prometheusRule.overrides) }}
{{- range $names }}
{{- if not (has . $known) }}
{{- $faults = append $faults (printf "prometheusRule.%s: there is no alert %s; known are %s" $setting . (join ", " $known)) }}
{{- end }}
{{- end }}
{{- end }}
{{- $tunable := list }}
{{- range regexFindAll "(?m)  # tune: \\w+$" (.Files.Get "files/rules/betatel.yml") -1 }}
{{- $tunable = append $tunable (trimPrefix "  # tune: " .) }}
{{- end }}
{{- range $name := keys .Values.prometheusRule.thresholds | sortAlpha }}
{{- if not (has $name $tunable) }}
{{- $faults = append $faults (printf "prometheusRule.thresholds: there is no threshold %s; known are %s" $name (join ", " ($tunable | uniq | sortAlpha))) }}
{{- end }}
{{- end }}
{{- toYaml $faults }}
{{- end }}

{{- define "betatel-exporter.choiceFaults" -}}
{{- $faults := list }}
{{- if and .Values.caCertificates.existingConfigMap .Values.caCertificates.existingSecret }}
{{- $faults = append $faults "caCertificates: existingConfigMap and existingSecret are both set; at most one of them is allowed" }}
{{- end }}
{{- if and .Values.webConfig.tls (not .Values.webConfig.existingSecret) }}
{{- $faults = append $faults "webConfig.tls: there is no TLS without webConfig.existingSecret" }}
{{- end }}
{{- with .Values.podDisruptionBudget }}
{{- $least := not (kindIs "invalid" .minAvailable) }}
{{- $most := not (kindIs "invalid" .maxUnavailable) }}
{{- if and .enabled (eq $least $most) }}
{{- $faults = append $faults "podDisruptionBudget: exactly one of minAvailable and maxUnavailable is needed; set the other to null" }}
{{- end }}
{{- end }}
{{- if and .Values.ingress.enabled (not .Values.ingress.hosts) }}
{{- $faults = append $faults "ingress.hosts: at least one host is needed where the ingress is enabled" }}
{{- end }}
{{- if and .Values.service.nodePort (eq .Values.service.type "ClusterIP") }}
{{- $faults = append $faults "service.nodePort: a Service of type ClusterIP has none; service.type must be NodePort or LoadBalancer" }}
{{- end }}
{{- toYaml $faults }}
{{- end }}
