import { clip, MAX_ERROR_LENGTH } from './clip.js';
import { withoutSecrets } from './secrets.js';

/** How an error that nobody caught came to the process, by the name of Node's event. */
export type FatalTrigger = 'uncaughtException' | 'unhandledRejection';

/** Why a shutdown began. The first reason wins; whoever comes later joins the same shutdown. */
export type ShutdownReason =
  | { readonly kind: 'signal'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'close' }
  | { readonly kind: 'request'; readonly detail: string }
  | {
      readonly kind: 'fatal';
      readonly trigger: FatalTrigger;
      /** Such as `Error: boom`; without the stack. */
      readonly error: string;
    };

/** The same, without secrets that its words may hold. */
export function safeReason(reason: ShutdownReason): ShutdownReason {
  switch (reason.kind) {
    case 'request':
      return { ...reason, detail: withoutSecrets(reason.detail) };
    case 'fatal':
      return { ...reason, error: withoutSecrets(reason.error) };
    case 'signal':
    case 'close':
      return reason;
  }
}

/** A reason in a word or two, for logs; one line in any case. */
export function describeReason(reason: ShutdownReason): string {
  switch (reason.kind) {
    case 'signal':
      return reason.signal;
    case 'close':
      return 'app.close()';
    case 'request':
      return clip(reason.detail, MAX_ERROR_LENGTH);
    case 'fatal':
      return `${reason.trigger}: ${clip(reason.error, MAX_ERROR_LENGTH)}`;
  }
}
