# lib.hm.mcp: servers of the Model Context Protocol. A variable of their environment may be a file's.
lib:
let
  said = value: value != null;
  ofFile = value: lib.isAttrs value && value ? file;
  files = server: lib.filterAttrs (_: ofFile) (server.env or { });

  self = {
    renderEnv = reference: lib.mapAttrs (_: value: if ofFile value then reference value.file else value);

    # Whether a server is on, if it says so.
    resolveEnabled =
      server:
      if said (server.enabled or null) then
        server.enabled
      else
        lib.mapNullable (disabled: !disabled) (server.disabled or null);

    addType = server: { type = if said (server.url or null) then "http" else "stdio"; } // server;

    # A program that reads the files and runs the server's.
    mkEnvFilesWrapper =
      {
        pkgs,
        name,
        server,
      }:
      let
        command = [ server.command ] ++ (server.args or [ ]);
        variable = key: { file, ... }: "export ${key}=\"$(cat ${lib.escapeShellArg file})\"\n";
      in
      pkgs.writeShellScript "mcp-${name}-wrapper" (
        lib.concatStrings (lib.mapAttrsToList variable (files server)) + "exec ${lib.escapeShellArgs command}\n"
      );
    wrapEnvFilesCommand =
      { pkgs, name }:
      server:
      let
        wrapped = {
          args = [ ];
          command = self.mkEnvFilesWrapper { inherit name pkgs server; };
          env = removeAttrs server.env (lib.attrNames (files server));
        };
      in
      if files server == { } then server else server // wrapped;

    # A server as its client's settings have it.
    transformMcpServer =
      {
        server,
        mkFileRef ? (path: "{file:${path}}"),
        extraTransforms ? [ ],
        exclude ? [ ],
      }:
      let
        url = if said (server.url or null) then server.url else server.serverUrl or null;
        whole = server // { inherit url; enabled = self.resolveEnabled server; };
        changed = lib.pipe whole extraTransforms;
        env = lib.mapAttrs (_: self.renderEnv mkFileRef) (lib.intersectAttrs { env = { }; } changed);
        kept = removeAttrs (changed // env) ([ "disabled" "serverUrl" ] ++ exclude);
      in
      lib.filterAttrs (_: value: !lib.elem value [ null [ ] { } ]) kept;
  };
in
self
