# The C++ interface under a prefix: libskein.so, its headers, Arrow's headers (which its own include), and a package that
# `find_package(skein)` finds. The imported target is skein::skein.
include(CMakePackageConfigHelpers)
set(package_dir "lib/cmake/skein")

set_target_properties(skein_api PROPERTIES INSTALL_RPATH "$ORIGIN/skein")
install(TARGETS skein_api LIBRARY DESTINATION lib COMPONENT system)
install(DIRECTORY "${CMAKE_SOURCE_DIR}/include/skein" DESTINATION include COMPONENT system FILES_MATCHING PATTERN "*.h")

# Of Arrow only what libarrow itself serves: the other folders belong to libraries that are not installed.
install(
  DIRECTORY "${arrow_root}/include/arrow"
  DESTINATION include/skein/third_party
  COMPONENT system
  FILES_MATCHING
  PATTERN "*.h"
  PATTERN "acero" EXCLUDE
  PATTERN "dataset" EXCLUDE
  PATTERN "engine" EXCLUDE
  PATTERN "flight" EXCLUDE
  PATTERN "python" EXCLUDE
  PATTERN "testing" EXCLUDE)

get_target_property(arrow_file arrow_shared IMPORTED_LOCATION)
get_filename_component(SKEIN_ARROW_FILE "${arrow_file}" NAME)
configure_package_config_file(
  "${CMAKE_SOURCE_DIR}/cmake/skeinConfig.cmake.in" "${CMAKE_BINARY_DIR}/package/skeinConfig.cmake"
  INSTALL_DESTINATION "${package_dir}" NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file("${CMAKE_BINARY_DIR}/package/skeinConfigVersion.cmake"
                                 VERSION "${PROJECT_VERSION}" COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_BINARY_DIR}/package/skeinConfig.cmake" "${CMAKE_BINARY_DIR}/package/skeinConfigVersion.cmake"
        DESTINATION "${package_dir}" COMPONENT system)
