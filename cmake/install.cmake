# What is installed. Two components that never mix: `python` is what the wheel adds to the package's own files, `system`
# is what `make install` puts under a prefix.
set(licences_dir "${CMAKE_BINARY_DIR}/licences")
include(cmake/licences.cmake)
set(grafted_arrow "$<TARGET_FILE:arrow_shared>" "$<TARGET_FILE:arrow_flight_shared>")
set(extension_file "${native_dir}/skein.duckdb_extension")

# --- The wheel: everything native in one folder, the licences beside the package's metadata.
set(SKBUILD_METADATA_DIR "skein-${PROJECT_VERSION}.dist-info" CACHE PATH "where a wheel's metadata goes")
install(TARGETS skein_program RUNTIME DESTINATION skein/native COMPONENT python)
install(FILES "${extension_file}" "$<TARGET_FILE:duckdb_shared>" DESTINATION skein/native COMPONENT python)
install(PROGRAMS ${grafted_arrow} DESTINATION skein/native COMPONENT python)
install(DIRECTORY "${licences_dir}/" DESTINATION "${SKBUILD_METADATA_DIR}/licenses" COMPONENT python)

# --- A prefix. The private libraries have a folder of their own, which no search path of the system names.
install(TARGETS skein_program RUNTIME DESTINATION bin COMPONENT system)
install(FILES "${extension_file}" "$<TARGET_FILE:duckdb_shared>" DESTINATION lib/skein COMPONENT system)
install(PROGRAMS ${grafted_arrow} DESTINATION lib/skein COMPONENT system)
install(FILES "${CMAKE_SOURCE_DIR}/LICENSE" DESTINATION share/doc/skein COMPONENT system)
install(DIRECTORY "${licences_dir}/" DESTINATION share/doc/skein/licenses COMPONENT system)
if(TARGET skein_api)
  include(cmake/install_api.cmake)
endif()
