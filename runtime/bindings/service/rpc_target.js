// https://developers.cloudflare.com/workers/runtime-apis/rpc/#class-instances

/** An object whose class derives from this one stays where it is; the other side gets a stub. */
export class RpcTarget {}
