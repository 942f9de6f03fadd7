/** What this process is called, as a pod has a name. */
export const instance = process.env.INSTANCE ?? 'instance-1';
