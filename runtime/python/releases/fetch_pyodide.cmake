# cmake -DNPM= -DSOURCE= -DWORK= -DRELINK= -DDESTINATION= -P fetch_pyodide.cmake
# Installs the locked npm packages in WORK, and prepares for the runtime what it reads of each release.

find_program(NODE node REQUIRED)
file(MAKE_DIRECTORY "${WORK}")
file(COPY "${SOURCE}/package.json" "${SOURCE}/package-lock.json" DESTINATION "${WORK}")
execute_process(
  COMMAND "${NPM}" ci --ignore-scripts --no-audit --no-fund --silent
  WORKING_DIRECTORY "${WORK}"
  COMMAND_ERROR_IS_FATAL ANY)

foreach(version 3.12 3.13 3.14)
  set(package "${WORK}/node_modules/pyodide-${version}")
  file(REMOVE_RECURSE "${DESTINATION}/${version}")
  file(COPY "${package}/python_stdlib.zip" "${package}/README.md"
    DESTINATION "${DESTINATION}/${version}"
    FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
  execute_process(
    COMMAND "${NODE}" "${SOURCE}/prepare.mjs" ${version} "${package}" "${RELINK}"
      "${DESTINATION}/${version}"
    COMMAND_ERROR_IS_FATAL ANY)
  # What the release's own package index has, "name version" a line: for advice when a package is
  # missing elsewhere.
  execute_process(
    COMMAND "${NODE}" -e "const {packages} = JSON.parse(require('fs').readFileSync(0, 'utf8')); \
for (const {name, version} of Object.values(packages)) \
console.log(name.toLowerCase().replace(/[-_.]+/g, '-'), version)"
    INPUT_FILE "${package}/pyodide-lock.json"
    OUTPUT_FILE "${DESTINATION}/${version}/packages.txt"
    COMMAND_ERROR_IS_FATAL ANY)
endforeach()
file(COPY "${SOURCE}/NOTICE" DESTINATION "${DESTINATION}")
