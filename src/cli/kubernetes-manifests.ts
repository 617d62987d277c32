import type { NewFile } from './new-files.ts';

/**
 * The manifests by which Kubernetes runs an image that `heddle init docker` describes.
 * @param name of the image and of all that is made
 */
export function kubernetesManifests(name: string): readonly NewFile[] {
  return [
    { name: 'deployment.yaml', text: deployment(name) },
    { name: 'service.yaml', text: service(name) },
  ];
}

function deployment(name: string): string {
  return `# By "heddle init k8s", for the image of "heddle init docker". It is yours: change what you like.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  labels:
    app.kubernetes.io/name: ${name}
spec:
  replicas: 2
  selector:
    matchLabels:
      app.kubernetes.io/name: ${name}
  strategy:
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: 1
  template:
    metadata:
      labels:
        app.kubernetes.io/name: ${name}
    spec:
      # More than preStop, --drain-timeout and the 2 s that threads have to end, together.
      terminationGracePeriodSeconds: 30
      automountServiceAccountToken: false
      securityContext:
        runAsNonRoot: true
        runAsUser: 1000
        runAsGroup: 1000
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: ${name}
          # With its registry and a version.
          image: ${name}:latest
          # They follow the ENTRYPOINT of the image.
          args:
            - --host=0.0.0.0
            - --port=7878
            - --admin=0.0.0.0:7879
            - --drain-timeout=10s
          # Requests come for some seconds after the pod was told to end: it gets SIGTERM behind them.
          # Before Kubernetes 1.30 leave it out, and add --shutdown-delay=5s to args.
          lifecycle:
            preStop:
              sleep:
                seconds: 5
          ports:
            - name: http
              containerPort: 7878
            - name: admin
              containerPort: 7879
          # By when the app must be loaded: 60 s.
          startupProbe:
            httpGet:
              path: /readyz
              port: admin
            periodSeconds: 1
            failureThreshold: 60
          # Not /readyz: threads that hang are replaced, and a restart would cost the others.
          livenessProbe:
            httpGet:
              path: /livez
              port: admin
            periodSeconds: 10
          readinessProbe:
            httpGet:
              path: /readyz
              port: admin
            periodSeconds: 2
            failureThreshold: 2
          # A thread for each whole CPU of the limit.
          resources:
            requests:
              cpu: "1"
              memory: 256Mi
            limits:
              cpu: "2"
              memory: 512Mi
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop:
                - ALL
          volumeMounts:
            - name: tmp
              mountPath: /tmp
      volumes:
        - name: tmp
          emptyDir: {}
`;
}

function service(name: string): string {
  return `# By "heddle init k8s". The admin endpoint is for the kubelet, so it is not here.
apiVersion: v1
kind: Service
metadata:
  name: ${name}
  labels:
    app.kubernetes.io/name: ${name}
spec:
  selector:
    app.kubernetes.io/name: ${name}
  ports:
    - name: http
      port: 80
      targetPort: http
`;
}
