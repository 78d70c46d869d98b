# Compiles a dozen sources of a room as one. A build under a sanitizer begins with nothing each time, and the headers of
# DuckDB and Arrow take most of it; builds for use compile each source by itself.
#
# Within a dozen, names in unnamed namespaces must not meet. The sources below share one with others of their room and
# are compiled alone; where a build ends with `redefinition`, a line here or another name is wanted.
set(alone
    api/exchange.cc
    api/serialized_batch_test.cc
    api/worker.cc
    cli/shell.cc
    coordinator/local_workers.cc
    coordinator/query_uploads_test.cc
    engine/physical_exchange_sink.cc
    engine/physical_exchange_source.cc
    engine/physical_split_scan.cc
    engine/quantile_digest.cc
    engine/state_aggregates.cc
    engine/state_aggregates_test.cc
    engine/table_source.cc
    engine/table_splits.cc
    engine/text_splits_test.cc
    exchange/flight_channel_test.cc
    exchange/host_channel_test.cc
    exchange/host_server.cc
    exchange/local_channel.cc
    exchange/receiver.cc
    exchange/retained_store.cc
    exchange/run_receiver_test.cc
    exchange/unit_upload_test.cc
    exchange/upload_service.cc
    extension/remote_query.cc
    planner/merged_aggregates_test.cc
    planner/place_range_order.cc
    planner/place_shared.cc
    planner/stage_spec.cc)

foreach(source ${alone})
  get_filename_component(room "${source}" DIRECTORY)
  if(NOT EXISTS "${CMAKE_SOURCE_DIR}/src/${source}")
    message(FATAL_ERROR "cmake/together.cmake names src/${source}, which is gone")
  endif()
  set_source_files_properties(
    "${CMAKE_SOURCE_DIR}/src/${source}" DIRECTORY "${CMAKE_SOURCE_DIR}" "${CMAKE_SOURCE_DIR}/src/${room}"
    PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endforeach()

foreach(room base plan exchange engine planner worker coordinator extension api program)
  foreach(target skein_${room} ${room}_test)
    if(TARGET ${target})
      set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 12)
    endif()
  endforeach()
endforeach()
