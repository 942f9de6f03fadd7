/** As `under-pm2-warming-up`, but what warms it up, and says so, is in a file of its own. */
await import('./under-pm2.js');
const { warmUp } = await import('./warm-up.js');
await warmUp();
