{{/* The pod: one container that may do nothing but read its configuration and write its volume. */}}

{{- define "openqoe.pod" -}}
serviceAccountName: {{ include "openqoe.serviceAccount" . }}
automountServiceAccountToken: false
terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
containers:
  - name: openqoe
    image: {{ printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) | quote }}
    imagePullPolicy: {{ .Values.image.pullPolicy }}
    args: [serve, --config, /etc/openqoe/openqoe.toml]
    env:
      - { name: OPENQOE_LISTEN, value: "0.0.0.0:8080" }
      - { name: OPENQOE_INTERNAL_LISTEN, value: "0.0.0.0:8889" }
      - { name: OPENQOE_DATA_DIR, value: /var/lib/openqoe/data }
      - { name: OPENQOE_KEYS_FILE, value: /run/secrets/openqoe/keys.toml }
      - { name: OPENQOE_INTERNAL_TOKEN_FILE, value: /run/secrets/openqoe/internal_token }
      # Empty is off.
      - { name: OPENQOE_OTLP_RECEIVER_GRPC_LISTEN, value: {{ ternary "0.0.0.0:4317" "" .Values.otlpReceiver.enabled | quote }} }
      - { name: OPENQOE_OTLP_RECEIVER_LISTEN, value: {{ ternary "0.0.0.0:4318" "" .Values.otlpReceiver.enabled | quote }} }
      {{- with .Values.extraEnv }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    ports:
      - { name: public, containerPort: 8080, protocol: TCP }
      - { name: internal, containerPort: 8889, protocol: TCP }
      {{- if .Values.otlpReceiver.enabled }}
      - { name: otlp-grpc, containerPort: 4317, protocol: TCP }
      - { name: otlp-http, containerPort: 4318, protocol: TCP }
      {{- end }}
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities: { drop: [ALL] }
    startupProbe:
      httpGet: { path: /-/healthy, port: internal }
      {{- toYaml .Values.probes.startup | nindent 6 }}
    livenessProbe:
      httpGet: { path: /-/healthy, port: internal }
      {{- toYaml .Values.probes.liveness | nindent 6 }}
    readinessProbe:
      httpGet: { path: /-/ready, port: internal }
      {{- toYaml .Values.probes.readiness | nindent 6 }}
    resources: {{- toYaml .Values.resources | nindent 6 }}
    volumeMounts:
      - { name: data, mountPath: /var/lib/openqoe }
      - { name: config, mountPath: /etc/openqoe, readOnly: true }
      - { name: secret, mountPath: /run/secrets/openqoe, readOnly: true }
volumes:
  - name: config
    configMap: { name: {{ include "openqoe.fullname" . }} }
  - name: secret
    secret:
      secretName: {{ include "openqoe.secret" . }}
      defaultMode: 0440
      items:
        - { key: {{ .Values.secret.keysKey | quote }}, path: keys.toml }
        - { key: {{ .Values.secret.tokenKey | quote }}, path: internal_token }
{{- end -}}
