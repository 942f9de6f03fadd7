/** Its Nest is not that of node_modules, as in a bundle that holds one. */
import { createServer } from 'node:http';

createServer((_request, response) => response.end()).listen(3000);
