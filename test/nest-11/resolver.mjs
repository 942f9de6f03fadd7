import { fileURLToPath } from 'node:url';
import { resolveIn } from '../support/nest-resolver.mjs';

export default resolveIn(fileURLToPath(new URL('.', import.meta.url)));
