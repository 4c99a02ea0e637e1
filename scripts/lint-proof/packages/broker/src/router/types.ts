// expect: nothing
/** A receiver of messages. */
export type Route = object | undefined;
