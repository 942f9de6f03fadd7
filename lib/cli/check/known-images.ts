/** Images that are no application of anybody's: databases, brokers, proxies, and what watches them. */
const INFRASTRUCTURE =
  /^(?:postgres(?:ql)?|pgvector|postgis|timescaledb|mysql|mariadb|percona|mongo(?:db)?|redis|redis-stack(?:-server)?|valkey|dragonfly|keydb|memcached|rabbitmq|activemq|cp-.*|kafka|redpanda|zookeeper|nats|mosquitto|emqx|nginx|nginx-unprivileged|httpd|apache|traefik|haproxy|envoy|caddy|kong|varnish|elasticsearch|opensearch|opensearch-dashboards|kibana|logstash|filebeat|fluentd|fluent-bit|vector|grafana|prometheus|alertmanager|pushgateway|loki|promtail|tempo|jaeger.*|all-in-one|zipkin|otel.*|opentelemetry-collector.*|minio|mc|vault|consul|etcd|keycloak|dex|adminer|pgadmin4?|pgbouncer|phpmyadmin|mailhog|mailpit|maildev|clickhouse.*|cassandra|scylla|influxdb.*|neo4j|couchdb|couchbase|busybox|alpine|localstack|elasticmq.*|dynamodb-local|redis-commander|redisinsight|mongo-express|kafka-ui|kafdrop|portainer.*|watchtower|certbot|sonarqube|cloudflared|autoheal|liquibase|flyway|meilisearch|typesense|qdrant|weaviate|temporal.*|auto-setup|unleash-server|imgproxy|gotenberg|ngrok|dnsmasq|coturn|swagger-ui|wordpress|registry|docker|dind|k6|locust|openbao|pulsar(?:-all)?|evolution-api|n8n|metabase|superset|documentdb|mailslurper|formio|camunda.*|zeebe|operate|keycloakx|authentik|supertokens.*|hasura|graphql-engine|postgrest|gotrue|imaginary|selenium.*|chrome|browserless|clamav|squid|socat|curl|wait-for-it|dockerize|.*[-_]exporter)$/;

/** What a cluster is given by its operators: controllers, not applications. */
const OF_A_CLUSTER =
  /tekton|registry\.k8s\.io\/|^k8s\.gcr\.io\/|quay\.io\/(?:jetstack|prometheus|argoproj|strimzi)\/|kyverno|cert-manager|ingress-nginx|knative-releases|(?:^|\/)camunda\//;

/** What is built by the same people and is no service of Node that has to drain: pages, tests, what runs once. */
const SOMETHING_ELSE =
  /(?:^|[-_./])(?:frontend|front-end|e2e|e2e-tests?|tests?|cypress|playwright|storybook|migrations?|migrate|migrator|seed|seeder|db-init|db-setup)(?:$|[-_.])/i;

/** Proxies and agents that stand beside an application in its pod. */
const SIDECAR =
  /(?:^|[/-])(?:cloud-?sql-?proxy|cloud_sql_proxy|gce-proxy|istio-proxy|proxyv2|linkerd-proxy|linkerd2-proxy|envoy|daprd|dapr|alloydb-auth-proxy|oauth2-proxy|vault-agent|consul-dataplane|pgbouncer|nginx(?:-unprivileged)?|fluent-?bit|fluentd|filebeat|promtail|vector|datadog-agent|otel[\w-]*|opentelemetry-collector[\w-]*|aws-otel-collector|xray-daemon|statsd[\w-]*|[\w-]*exporter|kube-rbac-proxy|git-sync|config-reloader|jaeger-agent)$/;

/** Those that open the application's connections to the outside: without them its drain has nobody to talk to. */
const CONNECTION_PROXY =
  /(?:^|[/-])(?:cloud-?sql-?proxy|cloud_sql_proxy|gce-proxy|istio-proxy|proxyv2|linkerd-proxy|linkerd2-proxy|envoy|daprd|alloydb-auth-proxy|pgbouncer|consul-dataplane)$/;

/** `registry:5000/team/orders:1.2@sha256:…` is `registry:5000/team/orders`. */
export function repositoryOf(image: string): string {
  const withoutDigest = image.split('@')[0] ?? '';
  return withoutDigest.replace(/:[^/]*$/, '');
}

export function isInfrastructure(image: string): boolean {
  const repository = repositoryOf(image);
  if (OF_A_CLUSTER.test(repository)) return true;
  return INFRASTRUCTURE.test(repository.slice(repository.lastIndexOf('/') + 1).toLowerCase());
}

export function isSidecar(name: string, image: string): boolean {
  return SIDECAR.test(repositoryOf(image).toLowerCase()) || SIDECAR.test(name.toLowerCase());
}

export function isConnectionProxy(name: string, image: string): boolean {
  return [repositoryOf(image), name].some((text) => CONNECTION_PROXY.test(text.toLowerCase()));
}

/** Whether a name says that it is a page, a test, or a step that runs once. */
export function isNamedOtherwise(name: string): boolean {
  return SOMETHING_ELSE.test(name);
}

/** Whether an image is known to have neither a shell nor any tool. */
export function isDistroless(image: string): boolean {
  return /distroless|(?:^|\/)(?:scratch|static|chainguard\/node)(?:$|[:@])|^cgr\.dev\/chainguard\/node/.test(
    image,
  );
}
