# Imported targets for what tools/deps brings in.

# --- DuckDB: headers (also Parquet's and JSON's) from the source distribution, the shared library from the packaged
# build.
set(duckdb_root "${SKEIN_DEPS}/duckdb-src/external/duckdb")
set(duckdb_third_party "${duckdb_root}/third_party")
add_library(duckdb_headers INTERFACE)
target_include_directories(
  duckdb_headers SYSTEM
  INTERFACE "${duckdb_root}/src/include"
            "${duckdb_root}/extension/parquet/include"
            "${duckdb_root}/extension/json/include"
            "${duckdb_third_party}/fastpforlib"
            "${duckdb_third_party}/fmt/include"
            "${duckdb_third_party}/parquet"
            "${duckdb_third_party}/tdigest"
            "${duckdb_third_party}/thrift"
            "${duckdb_third_party}/yyjson/include"
            "${duckdb_third_party}/zstd/include"
            "${duckdb_third_party}/mbedtls/include")
add_library(duckdb_shared SHARED IMPORTED)
set_target_properties(duckdb_shared PROPERTIES IMPORTED_LOCATION "${SKEIN_DEPS}/npm/package/libduckdb.so"
                                               IMPORTED_NO_SONAME ON)

# --- the Python environment: DuckDB's Python module (the extension links against it) and, grafted, Arrow.
set(SKEIN_PYTHON "${SKEIN_DEPS}/venv/bin/python" CACHE FILEPATH "Python with the stock duckdb package")
execute_process(
  COMMAND "${SKEIN_PYTHON}" -c "import sysconfig; print(sysconfig.get_paths()['platlib'])"
  OUTPUT_VARIABLE SKEIN_SITE_PACKAGES
  OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
file(GLOB duckdb_python_module "${SKEIN_SITE_PACKAGES}/_duckdb.cpython-*.so")
if(NOT duckdb_python_module)
  message(FATAL_ERROR "no _duckdb module in ${SKEIN_SITE_PACKAGES}")
endif()
# By name and not by path: the module has no SONAME, and a path would be written into what links against it.
get_filename_component(duckdb_python_name "${duckdb_python_module}" NAME)
add_library(duckdb_python INTERFACE)
target_link_libraries(duckdb_python INTERFACE "-L${SKEIN_SITE_PACKAGES}" "-l:${duckdb_python_name}")

include(cmake/arrow.cmake)

# --- protobuf's lite runtime, built here as position independent code (Debian's static library is not).
set(protobuf_src "${SKEIN_DEPS}/protobuf/src")
set(protobuf_sources)
foreach(
  file
  any_lite arena arenastring arenaz_sampler extension_set generated_enum_util generated_message_tctable_lite
  generated_message_util implicit_weak_message inlined_string_field io/coded_stream io/io_win32 io/strtod
  io/zero_copy_stream io/zero_copy_stream_impl io/zero_copy_stream_impl_lite map message_lite parse_context
  repeated_field repeated_ptr_field stubs/bytestream stubs/common stubs/int128 stubs/status stubs/statusor
  stubs/stringpiece stubs/stringprintf stubs/structurally_valid stubs/strutil stubs/time wire_format_lite)
  list(APPEND protobuf_sources "${protobuf_src}/google/protobuf/${file}.cc")
endforeach()
add_library(protobuf_lite STATIC ${protobuf_sources})
target_include_directories(protobuf_lite SYSTEM PUBLIC "${protobuf_src}")
target_compile_definitions(protobuf_lite PRIVATE HAVE_PTHREAD)
target_compile_options(protobuf_lite PRIVATE -w)
target_link_libraries(protobuf_lite PUBLIC Threads::Threads)
find_program(PROTOC protoc REQUIRED)

# --- libedit, for the prompt of the shell: the static archives of Debian, so that a worker's machine needs none of them.
add_library(editline INTERFACE)
foreach(archive edit tinfo bsd md)
  find_library(${archive}_archive NAMES "lib${archive}.a" REQUIRED)
  target_link_libraries(editline INTERFACE "${${archive}_archive}")
endforeach()
