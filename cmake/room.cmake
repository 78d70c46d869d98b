# skein_room(NAME SOURCES … PROTOS … DEPENDS … DUCKDB): one static library a room.
# Headers of a room are included as "room/header.h"; DEPENDS names the rooms below it.
function(skein_room name)
  cmake_parse_arguments(ROOM "DUCKDB" "" "SOURCES;PROTOS;DEPENDS" ${ARGN})
  set(generated "")
  foreach(proto ${ROOM_PROTOS})
    get_filename_component(stem "${proto}" NAME_WE)
    set(out "${CMAKE_BINARY_DIR}/generated/${name}")
    add_custom_command(
      OUTPUT "${out}/${stem}.pb.cc" "${out}/${stem}.pb.h"
      COMMAND ${CMAKE_COMMAND} -E make_directory "${out}"
      COMMAND ${PROTOC} --cpp_out=lite:${CMAKE_BINARY_DIR}/generated -I ${CMAKE_SOURCE_DIR}/src
              ${CMAKE_SOURCE_DIR}/src/${name}/${proto}
      DEPENDS "${CMAKE_SOURCE_DIR}/src/${name}/${proto}")
    list(APPEND generated "${out}/${stem}.pb.cc")
    set_source_files_properties("${out}/${stem}.pb.cc" PROPERTIES COMPILE_OPTIONS "-w")
  endforeach()
  list(TRANSFORM ROOM_SOURCES PREPEND "${CMAKE_SOURCE_DIR}/src/${name}/")
  add_library(skein_${name} STATIC ${ROOM_SOURCES} ${generated})
  # include/ holds, besides the API, the interfaces that users give to the coordinator and the planner.
  target_include_directories(skein_${name} PUBLIC "${CMAKE_SOURCE_DIR}/src" "${CMAKE_SOURCE_DIR}/include")
  target_include_directories(skein_${name} SYSTEM PUBLIC "${CMAKE_BINARY_DIR}/generated")
  target_compile_options(skein_${name} PRIVATE -Wall -Wextra -Werror -Wno-unused-parameter)
  foreach(below ${ROOM_DEPENDS})
    target_link_libraries(skein_${name} PUBLIC skein_${below})
  endforeach()
  target_link_libraries(skein_${name} PUBLIC arrow_shared Threads::Threads)
  if(ROOM_PROTOS)
    target_link_libraries(skein_${name} PUBLIC protobuf_lite)
  endif()
  if(ROOM_DUCKDB)
    # Private: a room that does not say DUCKDB cannot even find the headers.
    target_link_libraries(skein_${name} PRIVATE duckdb_headers)
  endif()
endfunction()

# One test program a room: every src/<room>/*_test.cc that exists.
function(skein_add_unit_tests)
  foreach(room base plan exchange engine planner worker coordinator extension)
    file(GLOB tests CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/src/${room}/*_test.cc")
    if(tests AND TARGET skein_${room})
      add_executable(${room}_test ${tests})
      target_link_libraries(${room}_test PRIVATE skein_${room} arrow_flight_shared GTest::gtest GTest::gtest_main)
      target_compile_options(${room}_test PRIVATE -Wall -Wextra -Werror -Wno-unused-parameter)
      target_link_options(${room}_test PRIVATE -Wl,--exclude-libs,ALL)
      if(room STREQUAL "planner")  # it compares a document with the table that it is printed from
        target_compile_definitions(${room}_test PRIVATE SKEIN_SOURCE_FOLDER="${CMAKE_SOURCE_DIR}")
      endif()
      if(room MATCHES "^(engine|planner|extension)$")
        target_link_libraries(${room}_test PRIVATE duckdb_headers)
      endif()
      if(room MATCHES "^(engine|planner|worker|coordinator|extension)$")
        target_link_libraries(${room}_test PRIVATE duckdb_shared)
      endif()
      gtest_discover_tests(${room}_test DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 300)
    endif()
  endforeach()
  # api is tested as programs see it: through the shared library and its headers alone.
  file(GLOB tests CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/src/api/*_test.cc")
  list(FILTER tests EXCLUDE REGEX "/message_wire_test.cc$")
  add_executable(api_test ${tests} "${CMAKE_SOURCE_DIR}/src/api/random_arrays.cc"
                          "${CMAKE_SOURCE_DIR}/src/api/random_batches.cc")
  target_include_directories(api_test PRIVATE "${CMAKE_SOURCE_DIR}/src")  # api_fixture.h
  target_link_libraries(api_test PRIVATE skein_api GTest::gtest GTest::gtest_main)
  target_compile_options(api_test PRIVATE -Wall -Wextra -Werror -Wno-unused-parameter)
  gtest_discover_tests(api_test DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 300)
  # But for one: its messages are compared with those of a worker, from inside.
  add_executable(api_wire_test "${CMAKE_SOURCE_DIR}/src/api/message_wire_test.cc")
  target_link_libraries(api_wire_test PRIVATE skein_api skein_coordinator arrow_flight_shared duckdb_shared GTest::gtest
                                              GTest::gtest_main)
  target_compile_options(api_wire_test PRIVATE -Wall -Wextra -Werror -Wno-unused-parameter)
  target_link_options(api_wire_test PRIVATE -Wl,--exclude-libs,ALL)
  gtest_discover_tests(api_wire_test DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 300)
  # cli is a program, not a library: its tests are built with the files that they test.
  set(cli "${CMAKE_SOURCE_DIR}/src/cli")
  add_executable(
    cli_test
    "${cli}/history_rule_test.cc"
    "${cli}/history_rule.cc"
    "${cli}/text_file_test.cc"
    "${cli}/text_file.cc"
    "${cli}/word_completion_test.cc"
    "${cli}/word_completion.cc"
    "${cli}/worker_flags_test.cc"
    "${cli}/worker_flags.cc")
  target_link_libraries(cli_test PRIVATE skein_worker duckdb_shared arrow_flight_shared CLI11::CLI11 GTest::gtest
                                         GTest::gtest_main)
  target_compile_options(cli_test PRIVATE -Wall -Wextra -Werror -Wno-unused-parameter)
  target_link_options(cli_test PRIVATE -Wl,--exclude-libs,ALL)
  gtest_discover_tests(cli_test DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 300)
endfunction()
