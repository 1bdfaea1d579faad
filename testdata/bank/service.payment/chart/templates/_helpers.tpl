{{- define "payment.name" -}}
{{ .Release.Name }}-payment
{{- end -}}

{{- define "payment.image" -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}

{{- define "payment.databaseEnv" -}}
- name: DATABASE_HOST
  value: {{ .Values.database.host | quote }}
- name: DATABASE_PORT
  value: "{{ .Values.database.port }}"
- name: DATABASE_PASSWORD
  valueFrom:
    secretKeyRef: {name: payment-database, key: password}
{{- end -}}
