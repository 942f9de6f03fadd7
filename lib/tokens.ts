/** Token of the options with all defaults filled in. @internal */
export const RESOLVED_OPTIONS = Symbol.for('nestjs-graceful:options');
/** Token of the port to time. @internal */
export const CLOCK = Symbol.for('nestjs-graceful:clock');
/** Token of the port to the process. @internal */
export const PROCESS_PORT = Symbol.for('nestjs-graceful:process');
/** Token of both, as the application has been given them. @internal */
export const PORTS = Symbol.for('nestjs-graceful:ports');
/** Token of what a test kit reads of an application. @internal */
export const BACKSTAGE = Symbol.for('nestjs-graceful:backstage');
/** Token of the integrations that come with the package. @internal */
export const BUILT_IN = Symbol.for('nestjs-graceful:built-in-integrations');
/** Token of what the options say of gRPC methods. @internal */
export const GRPC_METHODS = Symbol.for('nestjs-graceful:grpc-methods');
/** Token of what says goodbye to the sessions of HTTP/2 servers. @internal */
export const FAREWELLS = Symbol.for('nestjs-graceful:farewells');
/** Token of the sources of work that come with the package. @internal */
export const OWN_SOURCES = Symbol.for('nestjs-graceful:own-sources');
/** Token of the class by which an application can call for its own shutdown. @internal */
export const ASKED_THROUGH = Symbol.for('nestjs-graceful:asked-through');
/** Token of a function that makes the plan, also of an application whose init hooks are not run. @internal */
export const PLAN_FOR_TOOLS = Symbol.for('nestjs-graceful:plan');
