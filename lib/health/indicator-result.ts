/**
 * What a health check results in: by key, a status and whatever explains it. The same shape as `HealthIndicatorResult` of
 * Terminus 11 and 12, whose types are not imported: Terminus is optional, and these declarations must compile without it.
 */
export type IndicatorResult<
  Key extends string = string,
  Status extends string = 'up' | 'down',
  // oxlint-disable-next-line typescript/no-explicit-any -- as Terminus has it, so that neither is stricter than the other
> = Record<Key, { status: Status } & Record<string, any>>;

/** What a probe's body holds. Terminus 12 knows `degraded`, too; 11 does not. */
export type HealthDetails = IndicatorResult<string, 'up' | 'down' | 'degraded'>;
