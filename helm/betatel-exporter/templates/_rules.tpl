{{- /* The shipped rule groups with the thresholds of the values, without the disabled alerts. */}}
{{- define "betatel-exporter.groups" -}}
{{- $settings := .Values.prometheusRule }}
{{- $text := .Files.Get "files/rules/betatel.yml" }}
{{- range $name, $number := $settings.thresholds }}
{{- $text = regexReplaceAll (printf "(?m)\\S+?(\\)?)  # tune: %s$" $name) $text (printf "%v${1}  # tune: %s" ($number | float64) $name) }}
{{- end }}
{{- $rules := fromYaml $text }}
{{- with $rules.Error }}{{ fail (printf "files/rules/betatel.yml: %s" .) }}{{ end }}
{{- $groups := list }}
{{- range $rules.groups }}
{{- $kept := list }}
{{- range .rules }}
{{- if not .alert }}
{{- $kept = append $kept . }}
{{- else if not (has .alert (default list $settings.disabledAlerts)) }}
{{- $kept = append $kept (include "betatel-exporter.alert" (list . $settings) | fromYaml) }}
{{- end }}
{{- end }}
{{- if $kept }}
{{- $groups = append $groups (merge (dict "rules" $kept) (omit . "rules")) }}
{{- end }}
{{- end }}
{{- toYaml $groups }}
{{- end }}

{{- /* One alert with its links, additions and overrides. */}}
{{- define "betatel-exporter.alert" -}}
{{- $rule := deepCopy (index . 0) }}
{{- $settings := index . 1 }}
{{- with $settings.runbookUrl }}
{{- $_ := set $rule.annotations "runbook_url" (printf "%s/%s" (trimSuffix "/" .) (base $rule.annotations.runbook_url)) }}
{{- end }}
{{- if and $settings.dashboardUrl $rule.annotations.dashboard_url }}
{{- $path := regexReplaceAll "^https?://[^/]*" $rule.annotations.dashboard_url "" }}
{{- $_ := set $rule.annotations "dashboard_url" (printf "%s%s" (trimSuffix "/" $settings.dashboardUrl) $path) }}
{{- end }}
{{- $_ := mergeOverwrite $rule (dict "labels" (deepCopy (default dict $settings.additionalRuleLabels)) "annotations" (deepCopy (default dict $settings.additionalRuleAnnotations))) }}
{{- with index (default dict $settings.overrides) $rule.alert }}
{{- $_ := mergeOverwrite $rule (omit (deepCopy .) "keepFiringFor") }}
{{- with .keepFiringFor }}{{ $_ := set $rule "keep_firing_for" . }}{{ end }}
{{- end }}
{{- toYaml $rule }}
{{- end }}
