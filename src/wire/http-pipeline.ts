// Responses that stand behind another one on their connection: Node does not tell them when it breaks, so we do.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export class Pipelines {
	readonly #behind = new WeakMap<Socket, Set<ServerResponse>>();

	/** To be called when the request has come: closes its response with the connection, also where its turn never comes. */
	watch(response: ServerResponse): void {
		// Its turn is now, and Node will tell it.
		if (response.socket !== null) return;
		const { socket } = response.req;
		const behind = this.#behind.get(socket) ?? this.#follow(socket);
		behind.add(response);
		response.once('close', () => behind.delete(response));
	}

	#follow(socket: Socket): Set<ServerResponse> {
		const behind = new Set<ServerResponse>();
		this.#behind.set(socket, behind);
		socket.once('close', () => {
			for (const response of behind) if (response.socket === null && !response.writableFinished) close(response);
		});
		return behind;
	}
}

function close(response: ServerResponse): void {
	response.destroy();
	response.emit('close');
}
