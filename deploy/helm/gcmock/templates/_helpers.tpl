{{- define "gcmock.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "gcmock.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "gcmock.labels" -}}
{{ include "gcmock.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{/* The same of a part beside the servers: its context and its name. */}}
{{- define "gcmock.selectorOf" -}}
{{- $context := index . 0 -}}
app.kubernetes.io/name: {{ printf "%s-%s" (default $context.Chart.Name $context.Values.nameOverride) (index . 1) }}
app.kubernetes.io/instance: {{ $context.Release.Name }}
{{- end -}}

{{- define "gcmock.labelsOf" -}}
{{ include "gcmock.selectorOf" . }}
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
helm.sh/chart: {{ printf "%s-%s" (index . 0).Chart.Name (index . 0).Chart.Version }}
{{- end -}}

{{- define "gcmock.image" -}}
{{ printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) }}
{{- end -}}

{{/* Whether the servers have a store, and whether it is the chart's own. */}}
{{- define "gcmock.shares" -}}
{{- or (gt (int .Values.nodes) 1) (ne .Values.store.url "") (ne .Values.store.existingSecret "") -}}
{{- end -}}
{{- define "gcmock.ownStore" -}}
{{- and (gt (int .Values.nodes) 1) (eq .Values.store.url "") (eq .Values.store.existingSecret "") -}}
{{- end -}}

{{- define "gcmock.storePassword" -}}
- name: STORE_PASSWORD
  valueFrom:
    secretKeyRef: { name: {{ include "gcmock.fullname" . }}-store, key: password }
{{- end -}}

{{/* The variables of the store. */}}
{{- define "gcmock.store" -}}
{{- if eq (include "gcmock.ownStore" .) "true" -}}
{{ include "gcmock.storePassword" . }}
- { name: GCMOCK_STORE, value: {{ printf "valkey://:$(STORE_PASSWORD)@%s-store:6379" (include "gcmock.fullname" .) | quote }} }
{{- else if .Values.store.existingSecret -}}
- name: GCMOCK_STORE
  valueFrom:
    secretKeyRef: { name: {{ .Values.store.existingSecret }}, key: {{ .Values.store.key }} }
{{- else -}}
- { name: GCMOCK_STORE, value: {{ .Values.store.url | quote }} }
{{- end }}
- { name: GCMOCK_SHARE, value: {{ .Values.store.share }} }
{{- end -}}

{{- define "gcmock.secret" -}}
{{- default (include "gcmock.fullname" .) .Values.adminToken.existingSecret -}}
{{- end -}}
