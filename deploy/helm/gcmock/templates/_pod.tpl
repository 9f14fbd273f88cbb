{{/* The pod of a server. */}}
{{- define "gcmock.pod" -}}
{{- $name := include "gcmock.fullname" . -}}
template:
  metadata:
    labels:
      {{- include "gcmock.labels" . | nindent 6 }}
      {{- with .Values.podLabels }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    annotations:
      # gcmock reads organizations at its start alone.
      checksum/organizations: {{ .Values.organizations | toJson | sha256sum }}
      {{- with .Values.podAnnotations }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
  spec:
    # gcmock never asks the cluster. Without service links Kubernetes sets no GCMOCK_… variables for a service of this name.
    automountServiceAccountToken: false
    enableServiceLinks: false
    terminationGracePeriodSeconds: 5
    securityContext:
      {{- toYaml .Values.podSecurityContext | nindent 6 }}
    {{- with .Values.imagePullSecrets }}
    imagePullSecrets:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    containers:
      - name: gcmock
        image: {{ include "gcmock.image" . }}
        imagePullPolicy: {{ .Values.image.pullPolicy }}
        securityContext:
          {{- toYaml .Values.securityContext | nindent 10 }}
        ports:
          - { name: http, containerPort: 8080 }
          - { name: https, containerPort: 8443 }
        env:
          - name: GCMOCK_ADMIN_TOKEN
            valueFrom:
              secretKeyRef: { name: {{ include "gcmock.secret" . }}, key: {{ .Values.adminToken.key }} }
          - { name: GCMOCK_TLS_HOST, value: {{ printf "%s,%s.%s,%s.%s.svc" $name $name .Release.Namespace $name .Release.Namespace | quote }} }
          {{- if eq (include "gcmock.shares" .) "true" }}
          {{- include "gcmock.store" . | nindent 10 }}
          {{- end }}
          {{- if gt (int .Values.nodes) 1 }}
          - name: GCMOCK_NODE
            valueFrom:
              fieldRef: { fieldPath: "metadata.labels['apps.kubernetes.io/pod-index']" }
          {{- end }}
          {{- with .Values.scenario }}
          - { name: GCMOCK_SCENARIO, value: {{ . | quote }} }
          {{- end }}
          {{- if and .Values.scenario .Values.limits }}
          # Beside a scenario, gcmock does not look for limits in /config.
          - { name: GCMOCK_LIMITS, value: /config/limits.toml }
          {{- end }}
          {{- range $name, $value := .Values.options }}
          - { name: {{ $name }}, value: {{ $value | quote }} }
          {{- end }}
        {{- with .Values.livenessProbe }}
        livenessProbe:
          {{- toYaml . | nindent 10 }}
        {{- end }}
        {{- with .Values.readinessProbe }}
        readinessProbe:
          {{- toYaml . | nindent 10 }}
        {{- end }}
        {{- with .Values.resources }}
        resources:
          {{- toYaml . | nindent 10 }}
        {{- end }}
        volumeMounts:
          - { name: state, mountPath: /state }
          {{- if or .Values.limits .Values.organizations }}
          - { name: config, mountPath: /config, readOnly: true }
          {{- end }}
    volumes:
      - name: state
        {{- if .Values.state.existingClaim }}
        persistentVolumeClaim: { claimName: {{ .Values.state.existingClaim }} }
        {{- else }}
        emptyDir: {}
        {{- end }}
      {{- if or .Values.limits .Values.organizations }}
      - name: config
        configMap:
          name: {{ include "gcmock.fullname" . }}
          items:
            {{- if .Values.limits }}
            - { key: limits.toml, path: limits.toml }
            {{- end }}
            {{- range $name, $text := .Values.organizations }}
            - { key: {{ printf "organization.%s" $name }}, path: {{ printf "organizations/%s" $name }} }
            {{- end }}
      {{- end }}
    {{- with .Values.nodeSelector }}
    nodeSelector:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with .Values.tolerations }}
    tolerations:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with .Values.affinity }}
    affinity:
      {{- toYaml . | nindent 6 }}
    {{- end }}
{{- end -}}
