goto a
goto b
