// Opens connections, makes one request on each and then holds them, in a process of its own. Told by messages:
//
//   { port, connections, localAddress }   answered with {} when all of them are idle
//   'left'                                answered with the number of those that are still open
import { Connection } from './connection.mjs';

const AT_A_TIME = 100;
/** @type {Connection[]} */
const held = [];

process.on('message', (order) => void follow(order));

async function follow(order) {
  if (order === 'left') {
    process.send(held.filter(({ open }) => open).length);
    return;
  }
  const { port, connections, localAddress } = order;
  await Promise.all(
    Array.from({ length: AT_A_TIME }, async (_, first) => {
      for (let i = first; i < connections; i += AT_A_TIME) {
        const connection = await Connection.open(port, localAddress);
        await connection.get('/');
        held.push(connection);
      }
    }),
  );
  process.send({});
}
