goto l
do
  ::l::
  f()
end
