#!/bin/sh
# Generates Sources/Reports/Perfetto/perfetto_trace.pb.swift from the .proto beside it.
# Needs protoc (Debian: protobuf-compiler, Homebrew: protobuf); the Swift plugin comes from the swift-protobuf package.
set -eu
cd "$(dirname "$0")/.."
swift build --product protoc-gen-swift
protoc --plugin="$(swift build --show-bin-path)/protoc-gen-swift" \
  --swift_out=Sources/Reports/Perfetto --proto_path=Sources/Reports/Perfetto \
  --swift_opt=Visibility=Internal --swift_opt=UseAccessLevelOnImports=true \
  perfetto_trace.proto
