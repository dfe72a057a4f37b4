f()
end
