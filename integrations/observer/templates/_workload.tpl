{{- /* Changes a workload of base/ in place by the values. */ -}}
{{- define "observer.workload" }}
{{- $template := .object.spec.template }}
{{- $component := index $template.metadata.labels "app.kubernetes.io/component" }}
{{- $values := index .values $component }}
{{- $container := first $template.spec.containers }}
{{- $_ := set $container "image" (printf "%s:%s" .values.image.repository (toString .values.image.tag)) }}
{{- with .values.image.pullPolicy }}{{ $_ := set $container "imagePullPolicy" . }}{{ end }}
{{- with .values.imagePullSecrets }}{{ $_ := set $template.spec "imagePullSecrets" . }}{{ end }}
{{- with $values.resources }}{{ $_ := set $container "resources" . }}{{ end }}
{{- with $values.nodeSelector }}{{ $_ := set $template.spec "nodeSelector" . }}{{ end }}
{{- with $values.tolerations }}{{ $_ := set $template.spec "tolerations" . }}{{ end }}
{{- range $volume := $template.spec.volumes }}
  {{- if eq $volume.name "tls" }}{{ $_ := set $volume.secret "secretName" $.values.tls.secret }}{{ end }}
{{- end }}
{{- $args := $container.args }}
{{- if eq $component "collector" }}
  {{- with .values.environment }}{{ $args = append $args (printf "--env=%s" .) }}{{ end }}
  {{- if .values.events }}{{ $args = append $args "--events" }}{{ end }}
  {{- $claim := first .object.spec.volumeClaimTemplates }}
  {{- $_ := set $claim.spec.resources.requests "storage" $values.storage }}
  {{- with $values.storageClassName }}{{ $_ := set $claim.spec "storageClassName" . }}{{ end }}
{{- end }}
{{- if eq $component "node" }}
  {{- if .values.sources.kernelLog }}
    {{- $args = append $args "--sources=kernel-log" }}
    {{- $_ := set $container "securityContext" (dict "runAsUser" 0 "privileged" true "readOnlyRootFilesystem" true) }}
  {{- end }}
  {{- if .values.sources.calicoFlows }}
    {{- $args = append $args "--sources=flows" }}
    {{- $_ := set $container "volumeMounts" (append $container.volumeMounts (dict "name" "calico-flows" "mountPath" "/var/run/calico/flows")) }}
    {{- $path := dict "path" "/var/run/calico/flows" "type" "DirectoryOrCreate" }}
    {{- $_ := set $template.spec "volumes" (append $template.spec.volumes (dict "name" "calico-flows" "hostPath" $path)) }}
  {{- end }}
  {{- if .values.sources.hubble }}
    {{- $changed := list }}
    {{- range $argument := $args }}
      {{- $changed = append $changed (ternary "--sources=hubble" $argument (eq $argument "--sources=conntrack,counters")) }}
    {{- end }}
    {{- $args = append $changed "--hubble-file=/var/run/cilium/hubble/events.log" }}
    {{- $_ := set $container "volumeMounts" (append $container.volumeMounts (dict "name" "hubble" "mountPath" "/var/run/cilium/hubble" "readOnly" true)) }}
    {{- $path := dict "path" "/var/run/cilium/hubble" "type" "DirectoryOrCreate" }}
    {{- $_ := set $template.spec "volumes" (append $template.spec.volumes (dict "name" "hubble" "hostPath" $path)) }}
  {{- end }}
{{- end }}
{{- $_ := set $container "args" (concat $args $values.args) }}
{{- end }}
