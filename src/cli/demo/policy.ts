// The policy of the demo, as a person would write it.

/** `trapgate.yaml` for a folder with `workspace` in it. The server may reach more than the policy lets through. */
export function demoPolicy(node: string, server: string): string {
	return `# What the demo's agent may do. The file lies outside the workspace, where the agent can't write.
version: 1
mode: enforce
workspace: ./workspace

drivers: # entries as in any client's mcpServers
  filesystem:
    command: ${JSON.stringify(node)}
    args:
      - ${JSON.stringify(server)}
      - "\${workspace}"
      - "\${workspace}/.." # the server would serve the folder above, too
  shell: { builtin: shell }

defaults: { tool: deny } # a tool that no rule allows does not exist for the agent
ask: { channels: [elicitation] } # a person is asked in the client's own form

rules:
  - id: allow-working-on-files
    match: { tool: [filesystem/list_directory, filesystem/read_text_file, filesystem/edit_file, filesystem/write_file] }
    then: allow
    reason: The agent works on the files of its project.

  - id: allow-shell
    match: { tool: shell/run }
    then: allow
    reason: The agent builds and tests.

  - id: short-reads
    match: { tool: filesystem/read_text_file }
    then: { narrow: { params: { head: { max: 10 }, tail: { drop: true } } } }
    reason: Long files fill the model's context.

  - id: short-commands-in-the-workspace
    match: { tool: shell/run }
    then: { narrow: { params: { timeoutMs: { max: 10000 }, stdin: { drop: true } } } }
    reason: A command that runs longer belongs to the user.

  - id: shell-starts-in-the-workspace
    match: { tool: shell/run }
    then: { pin: { params: { cwd: "\${workspace}" } } }
    reason: Commands start in the project; the parameter disappears from the tool.

  - id: preview-edits
    match: { tool: filesystem/edit_file, args: { dryRun: { not: true } } }
    then: { rewrite: { params: { dryRun: true } } }
    reason: Edits are shown to the user before anybody makes them.
    instead: show the diff to the user

  - id: ask-before-writing
    match: { tool: filesystem/write_file }
    then: { ask: { prompt: "May the agent write this file?", show: [path, agent] } }
    reason: Whole files are replaced without a way back.
    instead: edit the file, which shows a diff first

  - id: stay-in-workspace
    match: { tool: "filesystem/*", args: { any_path: { outside: "\${workspace}" } } }
    then: deny
    reason: This agent works in the current workspace only.
    instead: use a path inside \${workspace}

  - id: no-secret-files
    match: { tool: "filesystem/*", args: { any_path: { glob: ["**/.env*", "**/*.pem", "**/.ssh/**"] } } }
    then: deny
    reason: Credential files must not enter a model's context.
    instead: ask the user for the names of the variables

  - id: no-moving-files
    match: { tool: filesystem/move_file }
    then: hide
    reason: Moving files loses their history.
    instead: ask the user to run git mv
`;
}
