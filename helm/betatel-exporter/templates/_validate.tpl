{{- /* What the schema cannot express, and what the API server would refuse: a line for each fault of the values. */}}
{{- define "betatel-exporter.faults" -}}
{{- if not .Values.accounts }}
- accounts: at least one is required, for example --set-string accounts.default.accountId=ID --set accounts.default.existingSecret.name=SECRET
{{- end }}
{{- $perAccount := false }}
{{- range list .Values.serviceMonitor .Values.podMonitor }}
{{- $perAccount = or $perAccount (and .enabled .perAccount) }}
{{- end }}
{{- $addresses := dict "settings.baseUrl" .Values.settings.baseUrl }}
{{- range $name, $account := .Values.accounts }}
{{- $given := compact (list
      (dig "existingSecret" "name" "" $account | empty | ternary "" "existingSecret.name")
      (empty $account.apiKeyFile | ternary "" "apiKeyFile")
      (empty $account.apiKey | ternary "" "apiKey")) }}
{{- if ne (len $given) 1 }}
- accounts.{{ $name }}: set exactly one of existingSecret.name, apiKeyFile and apiKey; set: {{ join ", " $given | default "none" }}
{{- end }}
{{- if and (or $account.scrapeInterval $account.scrapeTimeout) (not $perAccount) }}
- accounts.{{ $name }}: scrapeInterval and scrapeTimeout need an enabled serviceMonitor or podMonitor with perAccount
{{- end }}
{{- with $account.baseUrl }}{{ $_ := set $addresses (printf "accounts.%s.baseUrl" $name) . }}{{ end }}
{{- end }}
{{- if not .Values.settings.allowHttp }}
{{- range $setting, $url := $addresses }}
{{- if and (hasPrefix "http://" $url) (not (regexMatch "^http://(localhost|127[.][0-9.]+|\\[::1\\])(:[0-9]+)?(/|$)" $url)) }}
- {{ $setting }}: http:// sends the API key unencrypted; use https://, or set settings.allowHttp
{{- end }}
{{- end }}
{{- end }}
{{- if and .Values.caCertificates.existingConfigMap .Values.caCertificates.existingSecret }}
- caCertificates: set only one of existingConfigMap and existingSecret
{{- end }}
{{- if and .Values.webConfig.tls (not .Values.webConfig.existingSecret) (not .Values.webConfig.certificateSecret) }}
- webConfig.tls: TLS needs webConfig.existingSecret or webConfig.certificateSecret
{{- end }}
{{- if not .Values.image.repository }}
- image.repository: set it, and image.registry, to where your image is; only a released chart has them filled in
{{- end }}
{{- include "betatel-exporter.podFaults" . }}
{{- include "betatel-exporter.networkFaults" . }}
{{- include "betatel-exporter.disruptionFaults" . }}
{{- include "betatel-exporter.monitorFaults" . }}
{{- end }}

{{- define "betatel-exporter.podFaults" -}}
{{- with .Values.strategy.rollingUpdate }}
{{- $none := list "0" "0%" }}
{{- if and (ne $.Values.strategy.type "Recreate") (has (toString .maxSurge) $none) (has (toString .maxUnavailable) $none) }}
- strategy.rollingUpdate: maxSurge and maxUnavailable are both 0, so updates cannot proceed; raise one of them
{{- end }}
{{- end }}
{{- if and (eq .Values.dnsPolicy "None") (not (default dict .Values.dnsConfig).nameservers) }}
- dnsPolicy: None needs at least one of dnsConfig.nameservers
{{- end }}
{{- if hasKey (default dict .Values.podAnnotations) "checksum/config" }}
- podAnnotations: checksum/config is set by the chart
{{- end }}
{{- $names := list }}
{{- $paths := list }}
{{- range include "betatel-exporter.volumes" . | fromYamlArray }}{{ $names = append $names .name }}{{ $paths = append $paths .path }}{{ end }}
{{- range .Values.extraVolumes }}
{{- if has .name $names }}
- extraVolumes: there is already a volume {{ .name }}; choose another name
{{- end }}
{{- $names = append $names .name }}
{{- end }}
{{- range .Values.extraVolumeMounts }}
{{- if not (has .name $names) }}
- extraVolumeMounts: there is no volume {{ .name }}; add it to extraVolumes
{{- end }}
{{- if has .mountPath $paths }}
- extraVolumeMounts: there is already a mount at {{ .mountPath }}
{{- end }}
{{- $paths = append $paths .mountPath }}
{{- end }}
{{- $containers := list "betatel-exporter" }}
{{- range concat (default list .Values.initContainers) (default list .Values.extraContainers) }}
{{- if has .name $containers }}
- initContainers and extraContainers: there is already a container {{ .name }}; choose another name
{{- end }}
{{- $containers = append $containers .name }}
{{- end }}
{{- range $setting := list "livenessProbe" "readinessProbe" }}
{{- with index $.Values $setting }}
{{- $handlers := pick . "httpGet" "tcpSocket" "exec" | keys | sortAlpha }}
{{- if gt (len $handlers) 1 }}
- {{ $setting }}: set only one of {{ join ", " $handlers }}
{{- end }}
{{- if has (dig "httpGet" "path" "" .) (list $.Values.settings.web.telemetryPath "/probe") }}
- {{ $setting }}.httpGet.path: {{ .httpGet.path }} calls the API at every probe; use /-/healthy or /-/ready
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "betatel-exporter.networkFaults" -}}
{{- with .Values.service }}
{{- $address := default "" .clusterIP }}
{{- $families := default list .ipFamilies }}
{{- if and .nodePort (eq .type "ClusterIP") }}
- service.nodePort: needs service.type NodePort or LoadBalancer
{{- end }}
{{- if and (eq $address "None") (ne .type "ClusterIP") }}
- service.clusterIP: None needs service.type ClusterIP, not {{ .type }}
{{- end }}
{{- if and (gt (len $families) 1) (not (has .ipFamilyPolicy (list "PreferDualStack" "RequireDualStack"))) }}
- service.ipFamilies: two families need service.ipFamilyPolicy PreferDualStack or RequireDualStack
{{- end }}
{{- if and $families $address (ne $address "None") (ne (first $families) (contains ":" $address | ternary "IPv6" "IPv4")) }}
- service.clusterIP: {{ $address }} is not of the first of service.ipFamilies, {{ first $families }}
{{- end }}
{{- end }}
{{- if and .Values.ingress.enabled (not .Values.ingress.hosts) }}
- ingress.hosts: an enabled Ingress needs at least one host
{{- end }}
{{- end }}

{{- define "betatel-exporter.disruptionFaults" -}}
{{- $pods := int64 .Values.replicaCount }}
{{- with .Values.podDisruptionBudget }}
{{- $least := kindIs "invalid" .minAvailable | ternary "" (toString .minAvailable) }}
{{- $most := kindIs "invalid" .maxUnavailable | ternary "" (toString .maxUnavailable) }}
{{- $count := $least | trimSuffix "%" | int64 }}
{{- if hasSuffix "%" $least }}{{ $count = div (add (mul $pods $count) 99) 100 }}{{ end }}
{{- if not .enabled }}
{{- else if eq (empty $least) (empty $most) }}
- podDisruptionBudget: set exactly one of minAvailable and maxUnavailable, and the other to null
{{- else if and $pods $least (ge $count $pods) }}
- podDisruptionBudget.minAvailable: {{ $least }} of replicaCount {{ $pods }} allows no eviction, so draining its node never ends; lower it, or use maxUnavailable
{{- else if and $pods (has $most (list "0" "0%")) }}
- podDisruptionBudget.maxUnavailable: {{ $most }} allows no eviction, so draining its node never ends; use at least 1
{{- end }}
{{- end }}
{{- end }}

{{- define "betatel-exporter.monitorFaults" -}}
{{- $enabled := list }}
{{- range $kind := list "serviceMonitor" "podMonitor" "scrapeConfig" }}
{{- $section := index $.Values $kind }}
{{- if $section.enabled }}
{{- $enabled = append $enabled $kind }}
{{- $scrapes := dict $kind (list $section.interval $section.scrapeTimeout) }}
{{- range $name, $account := ternary $.Values.accounts dict (default false $section.perAccount) }}
{{- $scrape := list (default $section.interval $account.scrapeInterval) (default $section.scrapeTimeout $account.scrapeTimeout) }}
{{- $_ := set $scrapes (printf "accounts.%s" $name) $scrape }}
{{- end }}
{{- range $of, $scrape := $scrapes }}
{{- if gt (include "betatel-exporter.milliseconds" (last $scrape) | int64) (include "betatel-exporter.milliseconds" (first $scrape) | int64) }}
- {{ $of }}: the scrape timeout {{ last $scrape }} is above the scrape interval {{ first $scrape }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- if gt (len $enabled) 1 }}
- {{ join ", " $enabled }}: enable only one; each one causes all API calls
{{- end }}
{{- end }}
