-- Two jumps to one name that mean different labels.
goto same
do
  goto same
  ::same::
end
do goto same end
::same::
