/** Where an application is in its life. */
export type GracefulState = 'starting' | 'ready' | 'draining' | 'closing' | 'closed';
