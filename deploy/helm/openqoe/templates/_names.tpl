{{/* Names and labels, the same everywhere. */}}

{{- define "openqoe.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "openqoe.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "openqoe.labels" -}}
{{ include "openqoe.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "openqoe.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (include "openqoe.fullname" .) -}}
{{- end -}}

{{- define "openqoe.secret" -}}
{{- required "secret.existingSecret: make the Secret first, see docs/guide/operations.md" .Values.secret.existingSecret -}}
{{- end -}}
