/** Loaded into the process of an application that is left as it is, before its program: only its ports are free ones. */
import { giveFreePorts } from './servers.js';
import { tell } from './tell.js';

giveFreePorts((wanted, port) => tell({ event: 'listening', wanted, port }));
