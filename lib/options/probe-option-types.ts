/** The option `probes`. */
export interface ProbeOptions {
  /**
   * A port of their own, on which they answer until the very end, also in apps without HTTP; 0 picks a free one.
   * @default the application's own port
   */
  port?: number;
  /**
   * The address that port is opened on; `'::'` where there is IPv6 only.
   * @default '0.0.0.0'
   */
  host?: string;
  /**
   * Answers 200 as long as the process can answer at all, and its liveness checks hold.
   * @default '/health/live'
   */
  livePath?: string;
  /**
   * Answers 200 while the service wants traffic: started, its readiness checks up, in rotation, not shutting down.
   * @default '/health/ready'
   */
  readyPath?: string;
  /**
   * Answers 200 once the application has started, and every startup check has passed once.
   * @default '/health/startup'
   */
  startupPath?: string;
  /**
   * A check that takes longer is down, in milliseconds. Kubernetes gives a probe 1 s (`timeoutSeconds`), so it stays below.
   * @default 800
   */
  checkTimeoutMs?: number;
}
