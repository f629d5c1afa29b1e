// From the text of a handler to a method: assemblies, classes and the objects that methods are called on.

using System;
using System.Collections.Generic;
using System.Reflection;
using Aliyun.Serverless.Core;

namespace Serin
{
    internal sealed class Loader
    {
        private const BindingFlags Methods = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.FlattenHierarchy;

        // A package built elsewhere may bring these along. Ours stand in for them, or an ILogger would not be an ILogger.
        private static readonly string[] Ours =
        {
            "Aliyun.Serverless.Core",
            "Aliyun.Serverless.Core.Http",
            "Microsoft.Extensions.Logging.Abstractions",
            "Microsoft.Extensions.Primitives",
            "Microsoft.AspNetCore.Hosting.Abstractions",
            "Microsoft.AspNetCore.Http.Abstractions",
            "Microsoft.AspNetCore.Http.Features",
        };

        private readonly string folder;
        private readonly Dictionary<Type, object> objects = new Dictionary<Type, object>();

        public Loader(string folder)
        {
            this.folder = folder;
            AppDomain.CurrentDomain.AssemblyResolve += (_, wanted) => Resolve(new AssemblyName(wanted.Name).Name);
        }

        /// <summary>The method that a text such as "Shop::Shop.Orders::Handle" names.</summary>
        public MethodInfo Method(string handler)
        {
            int first = handler.IndexOf("::", StringComparison.Ordinal), second = first < 0 ? -1 : handler.IndexOf("::", first + 2, StringComparison.Ordinal);
            if (first < 1 || second < first + 3 || second + 2 == handler.Length)
                throw new Fault("Handler '" + handler + "' is not of the form Assembly::Namespace.Class::Method", "InvalidHandler");
            string[] parts = { handler.Substring(0, first), handler.Substring(first + 2, second - first - 2), handler.Substring(second + 2) };
            Assembly assembly = Named(parts[0]);
            if (assembly == null)
                throw new Fault("Assembly '" + parts[0] + "' is missing: the package has no " + parts[0] + ".dll", "AssemblyNotFound");
            Type type = assembly.GetType(parts[1]);
            if (type == null)
                throw new Fault("Class '" + parts[1] + "' is missing in assembly '" + parts[0] + "'", "HandlerNotFound");
            MethodInfo[] found = Array.FindAll(type.GetMethods(Methods), method => method.Name == parts[2]);
            if (found.Length == 0)
                throw new Fault("Method '" + parts[2] + "' is missing in class '" + parts[1] + "'", "HandlerNotFound");
            if (found.Length > 1 || found[0].ContainsGenericParameters)
                throw new Fault("Method '" + parts[2] + "' of class '" + parts[1] + "' is overloaded or generic", "InvalidHandler");
            return found[0];
        }

        /// <summary>The one object of the method's class in this instance, or null for a static method.</summary>
        public object ObjectFor(MethodInfo method)
        {
            if (method.IsStatic)
                return null;
            Type type = method.ReflectedType;
            if (!objects.TryGetValue(type, out object made))
                objects[type] = made = Activator.CreateInstance(type, true);
            return made;
        }

        private Assembly Named(string name)
        {
            foreach (string suffix in new[] { ".dll", ".exe" })
            {
                string path = folder + "/" + name + suffix;
                if (Native.Exists(path))
                    return Assembly.LoadFrom(path);
            }
            return null;
        }

        /// <summary>What mono does not find by itself: ours, the package's, and what other .NETs call the system's assemblies.</summary>
        private Assembly Resolve(string name)
        {
            if (Array.IndexOf(Ours, name) >= 0)
                return typeof(IFcContext).Assembly;
            bool isSystems = name == "netstandard" || name.StartsWith("System.", StringComparison.Ordinal) || name.StartsWith("Microsoft.Win32.", StringComparison.Ordinal);
            return Named(name) ?? (isSystems ? Assembly.LoadFrom(AppDomain.CurrentDomain.BaseDirectory + "/Facade.dll") : null);
        }
    }
}
