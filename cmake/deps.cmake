# Brings the dependencies in where they are missing, so that `pip install .` and a bare cmake work on a clean clone.
# Include it before anything looks into SKEIN_DEPS. tools/deps says nothing and does nothing where all is there.
option(SKEIN_FETCH_DEPS "run tools/deps when the dependencies are missing" ON)
if(SKEIN_FETCH_DEPS AND NOT EXISTS "${SKEIN_DEPS}/complete")
  message(STATUS "dependencies are missing in ${SKEIN_DEPS}: running tools/deps")
  execute_process(
    COMMAND "${CMAKE_COMMAND}" -E env "SKEIN_DEPS=${SKEIN_DEPS}" "${CMAKE_SOURCE_DIR}/tools/deps"
    RESULT_VARIABLE deps_status)
  if(NOT deps_status EQUAL 0)
    message(FATAL_ERROR "tools/deps failed: its own message stands above")
  endif()
endif()
