{{- define "ledger.selector" -}}
app: ledger
release: {{ .Release.Name }}
{{- end -}}
