# cmake -DSHARE=DIR -DFOLDERS=a,b -DOUTPUT=FILE -P digest.cmake: writes a digest of the names and contents
# of all files in the folders of SHARE.

string(REPLACE "," ";" folders "${FOLDERS}")
set(contents "")
foreach(folder IN LISTS folders)
  file(GLOB_RECURSE files RELATIVE "${SHARE}" "${SHARE}/${folder}/*")
  list(SORT files)
  foreach(name IN LISTS files)
    file(SHA256 "${SHARE}/${name}" digest)
    string(APPEND contents "${name} ${digest}\n")
  endforeach()
endforeach()
string(SHA256 digest "${contents}")
file(WRITE "${OUTPUT}" "${digest}\n")
