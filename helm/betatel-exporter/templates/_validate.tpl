{{- /* What the schema cannot express, and what the API server would refuse: every fault of the values on a line of its own. */}}
{{- define "betatel-exporter.validate" -}}
{{- $faults := list }}
{{- range $part := list "account" "address" "certificate" "image" "pod" "probe" "service" "disruption" "monitor" }}
{{- $faults = concat $faults (include (printf "betatel-exporter.%sFaults" $part) $ | fromYamlArray) }}
{{- end }}
{{- with $faults }}
{{- fail (printf "\n\ninvalid values:\n- %s\n" (join "\n- " .)) }}
{{- end }}
{{- end }}

{{- define "betatel-exporter.accountFaults" -}}
{{- $faults := list }}
{{- if not .Values.accounts }}
{{- $faults = append $faults "accounts: at least one is required, for example --set-string accounts.default.accountId=ID --set accounts.default.existingSecret.name=SECRET" }}
{{- end }}
{{- $perAccount := false }}
{{- range $monitor := list .Values.serviceMonitor .Values.podMonitor }}
{{- $perAccount = or $perAccount (and $monitor.enabled $monitor.perAccount) }}
{{- end }}
{{- range $name, $account := .Values.accounts }}
{{- $given := list }}
{{- if dig "existingSecret" "name" "" $account }}{{ $given = append $given "existingSecret.name" }}{{ end }}
{{- if $account.apiKeyFile }}{{ $given = append $given "apiKeyFile" }}{{ end }}
{{- if $account.apiKey }}{{ $given = append $given "apiKey" }}{{ end }}
{{- if ne (len $given) 1 }}
{{- $faults = append $faults (printf "accounts.%s: set exactly one of existingSecret.name, apiKeyFile and apiKey; set: %s" $name (join ", " $given | default "none")) }}
{{- end }}
{{- if and (or $account.scrapeInterval $account.scrapeTimeout) (not $perAccount) }}
{{- $faults = append $faults (printf "accounts.%s: scrapeInterval and scrapeTimeout need an enabled serviceMonitor or podMonitor with perAccount" $name) }}
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
{{- $faults = append $faults (printf "%s: http:// sends the API key unencrypted; use https://, or set settings.allowHttp" $setting) }}
{{- end }}
{{- end }}
{{- toYaml $faults }}
{{- end }}

{{- define "betatel-exporter.certificateFaults" -}}
{{- $faults := list }}
{{- if and .Values.caCertificates.existingConfigMap .Values.caCertificates.existingSecret }}
{{- $faults = append $faults "caCertificates: set only one of existingConfigMap and existingSecret" }}
{{- end }}
{{- if and .Values.webConfig.tls (not .Values.webConfig.existingSecret) (not .Values.webConfig.certificateSecret) }}
{{- $faults = append $faults "webConfig.tls: TLS needs webConfig.existingSecret or webConfig.certificateSecret" }}
{{- end }}
{{- toYaml $faults }}
{{- end }}

{{- define "betatel-exporter.imageFaults" -}}
{{- $faults := list }}
{{- if not .Values.image.repository }}
{{- $faults = append $faults "image.repository: set it, and image.registry, to where your image is; only a released chart has them filled in" }}
{{- end }}
{{- toYaml $faults }}
{{- end }}

{{- define "betatel-exporter.podFaults" -}}
{{- $faults := list }}
{{- with .Values.strategy.rollingUpdate }}
{{- $none := list "0" "0%" }}
{{- if and (ne $.Values.strategy.type "Recreate") (has (toString .maxSurge) $none) (has (toString .maxUnavailable) $none) }}
{{- $faults = append $faults "strategy.rollingUpdate: maxSurge and maxUnavailable are both 0, so no update could proceed; raise one of them" }}
{{- end }}
{{- end }}
{{- if and (eq .Values.dnsPolicy "None") (not (default dict .Values.dnsConfig).nameservers) }}
{{- $faults = append $faults "dnsPolicy: None needs at least one of dnsConfig.nameservers" }}
{{- end }}
{{- if hasKey (default dict .Values.podAnnotations) "checksum/config" }}
{{- $faults = append $faults "podAnnotations: checksum/config is set by the chart" }}
{{- end }}
{{- $own := include "betatel-exporter.volumes" . | fromYamlArray }}
{{- $names := list }}
{{- $paths := list }}
{{- range $own }}{{ $names = append $names .name }}{{ $paths = append $paths .path }}{{ end }}
{{- range .Values.extraVolumes }}
{{- if has .name $names }}
{{- $faults = append $faults (printf "extraVolumes: there is already a volume %s; choose another name" .name) }}
{{- end }}
{{- $names = append $names .name }}
{{- end }}
{{- range .Values.extraVolumeMounts }}
{{- if not (has .name $names) }}
{{- $faults = append $faults (printf "extraVolumeMounts: there is no volume %s; add it to extraVolumes" .name) }}
{{- end }}
{{- if has .mountPath $paths }}
{{- $faults = append $faults (printf "extraVolumeMounts: there is already a mount at %s" .mountPath) }}
{{- end }}
{{- $paths = append $paths .mountPath }}
{{- end }}
{{- $containers := list "betatel-exporter" }}
{{- range concat (default list .Values.initContainers) (default list .Values.extraContainers) }}
{{- if has .name $containers }}
{{- $faults = append $faults (printf "initContainers and extraContainers: there is already a container %s; choose another name" .name) }}
{{- end }}
{{- $containers = append $containers .name }}
{{- end }}
{{- toYaml $faults }}
{{- end }}

{{- define "betatel-exporter.probeFaults" -}}
{{- $faults := list }}
{{- range $setting := list "livenessProbe" "readinessProbe" }}
{{- with index $.Values $setting }}
{{- if gt (len (pick . "httpGet" "tcpSocket" "exec")) 1 }}
{{- $faults = append $faults (printf "%s: set only one of %s" $setting (pick . "httpGet" "tcpSocket" "exec" | keys | sortAlpha | join ", ")) }}
{{- end }}
{{- if has (dig "httpGet" "path" "" .) (list $.Values.settings.web.telemetryPath "/probe") }}
{{- $faults = append $faults (printf "%s.httpGet.path: %s calls the API at every probe; use /-/healthy or /-/ready" $setting .httpGet.path) }}
{{- end }}
{{- end }}
{{- end }}
{{- toYaml $faults }}
{{- end }}

{{- define "betatel-exporter.serviceFaults" -}}
{{- $faults := list }}
{{- with .Values.service }}
{{- $address := default "" .clusterIP }}
{{- $families := default list .ipFamilies }}
{{- if and .nodePort (eq .type "ClusterIP") }}
{{- $faults = append $faults "service.nodePort: needs service.type NodePort or LoadBalancer" }}
{{- end }}
{{- if and (eq $address "None") (ne .type "ClusterIP") }}
{{- $faults = append $faults (printf "service.clusterIP: None needs service.type ClusterIP, not %s" .type) }}
{{- end }}
{{- if and (gt (len $families) 1) (not (has .ipFamilyPolicy (list "PreferDualStack" "RequireDualStack"))) }}
{{- $faults = append $faults "service.ipFamilies: two families need service.ipFamilyPolicy PreferDualStack or RequireDualStack" }}
{{- end }}
{{- $family := contains ":" $address | ternary "IPv6" "IPv4" }}
{{- if and $families $address (ne $address "None") (ne $family (first $families)) }}
{{- $faults = append $faults (printf "service.clusterIP: %s is not of the first of service.ipFamilies, %s" $address (first $families)) }}
{{- end }}
{{- end }}
{{- if and .Values.ingress.enabled (not .Values.ingress.hosts) }}
{{- $faults = append $faults "ingress.hosts: an enabled Ingress needs at least one host" }}
{{- end }}
{{- toYaml $faults }}
{{- end }}

{{- define "betatel-exporter.disruptionFaults" -}}
{{- $faults := list }}
{{- $pods := int64 .Values.replicaCount }}
{{- with .Values.podDisruptionBudget }}
{{- if .enabled }}
{{- $least := kindIs "invalid" .minAvailable | ternary "" (toString .minAvailable) }}
{{- $most := kindIs "invalid" .maxUnavailable | ternary "" (toString .maxUnavailable) }}
{{- if eq (empty $least) (empty $most) }}
{{- $faults = append $faults "podDisruptionBudget: set exactly one of minAvailable and maxUnavailable, and the other to null" }}
{{- else if and $pods $least }}
{{- $count := $least | trimSuffix "%" | int64 }}
{{- if hasSuffix "%" $least }}{{ $count = div (add (mul $pods $count) 99) 100 }}{{ end }}
{{- if ge $count $pods }}
{{- $faults = append $faults (printf "podDisruptionBudget.minAvailable: %s of replicaCount %d lets no pod be evicted, so that draining its node never ends; lower it, or use maxUnavailable" $least $pods) }}
{{- end }}
{{- else if and $pods (has $most (list "0" "0%")) }}
{{- $faults = append $faults (printf "podDisruptionBudget.maxUnavailable: %s lets no pod be evicted, so that draining its node never ends; use at least 1" $most) }}
{{- end }}
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
{{- $pairs := dict $kind (list $section.interval $section.scrapeTimeout) }}
{{- if $section.perAccount }}
{{- range $name, $account := $.Values.accounts }}
{{- $pair := list (default $section.interval $account.scrapeInterval) (default $section.scrapeTimeout $account.scrapeTimeout) }}
{{- $_ := set $pairs (printf "accounts.%s" $name) $pair }}
{{- end }}
{{- end }}
{{- range $of, $pair := $pairs }}
{{- if gt (include "betatel-exporter.milliseconds" (last $pair) | int64) (include "betatel-exporter.milliseconds" (first $pair) | int64) }}
{{- $faults = append $faults (printf "%s: the scrape timeout %s is above the scrape interval %s" $of (last $pair) (first $pair)) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- if gt (len $enabled) 1 }}
{{- $faults = append $faults (printf "%s: enable only one; each makes all API calls again" (join ", " $enabled)) }}
{{- end }}
{{- toYaml $faults }}
{{- end }}
