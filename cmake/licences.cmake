# Gathers in licences_dir the licences of everything that the installed files hold: each in a folder named after its
# project. Arrow's name all that Arrow's libraries hold, gRPC among it.
function(skein_licence project)
  foreach(file ${ARGN})
    if(NOT EXISTS "${file}")
      message(FATAL_ERROR "the licence of ${project} is missing: ${file}")
    endif()
  endforeach()
  file(COPY ${ARGN} DESTINATION "${licences_dir}/${project}")
endfunction()

set(arrow_licences "${SKEIN_SITE_PACKAGES}/pyarrow-${SKEIN_ARROW_VERSION}.dist-info/licenses")
skein_licence(arrow "${arrow_licences}/LICENSE.txt" "${arrow_licences}/NOTICE.txt")
skein_licence(duckdb "${duckdb_root}/LICENSE")
# Header-only or linked into the program and the extension; Debian keeps each one's terms in `copyright`.
foreach(package libcli11-dev libfmt-dev libspdlog-dev libxxhash-dev nlohmann-json3-dev protobuf-compiler)
  skein_licence(${package} "/usr/share/doc/${package}/copyright")
endforeach()
